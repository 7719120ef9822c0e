// The tables of the replaced system and invented rows for them, as web forms would write them: everyday ones, one of
// 20 kB, one in another script, one that tries to inject HTML and mail headers.

export interface Insert {
  readonly sql: string
  readonly values: ReadonlyArray<string | number | boolean | null>
}

export type Values = Readonly<Record<string, string | number | boolean | null>>

export interface Sample {
  readonly table: string
  readonly createTable: string
  readonly rows: ReadonlyArray<Values>
  readonly inserts: ReadonlyArray<Insert>
}

export const insertInto = (table: string, row: Values): Insert => {
  const names = Object.keys(row)
  const places = names.map((_, index) => `$${index + 1}`)
  return {
    sql: `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")})`,
    values: Object.values(row)
  }
}

const sample = (table: string, columns: string, rows: ReadonlyArray<Values>): Sample => ({
  table,
  createTable: `CREATE TABLE ${table} (\n  id serial PRIMARY KEY,\n${columns}\n)`,
  rows,
  inserts: rows.map((row) => insertInto(table, row))
})

const legs = [
  "Rotterdam to Halifax, two reefers of cut flowers at 2 °C, every second Tuesday.",
  "Halifax to Montréal by rail, bonded, with a customs stop in Moncton.",
  "Montréal to Chicago by road; the tail lift must take 1.2 t pallets.",
  "Chicago to Winnipeg, mixed pallets – some hazardous (UN1263, paint), most not.",
  "Winnipeg to Vancouver, intermodal, delivery to a yard without a dock.",
  "Vancouver to Yokohama, one 40' high cube, wood packaging per ISPM 15."
]

/** More than NOTIFY could ever carry, and more than the HTML part shows. */
const longMessage = [
  "Below is what we would move with you next year. Please quote each leg on its own line.",
  ...Array.from({ length: 260 }, (_, index) => `${index + 1}. ${legs[index % legs.length]}`),
  "Thank you – we decide by the end of the month."
].join("\n\n")

export const inquiries = sample(
  "inquiries",
  `  name text NOT NULL,
  email text NOT NULL,
  phone text,
  subject text,
  message text,
  vehicle_id integer,
  status text DEFAULT 'new',
  created_at timestamp without time zone DEFAULT now()`,
  [
    {
      name: "Jane Doe",
      email: "jane.doe@example.com",
      phone: "555-0142",
      subject: "2023 Honda Civic",
      message: "Hello,\n\nis the blue Civic still there? I could come by on Saturday before noon.\n\nThanks, Jane",
      vehicle_id: 1042
    },
    {
      name: "山田 花子",
      email: "hanako@example.org",
      phone: "+81 555-0117",
      subject: "試乗について",
      message: "はじめまして。週末に試乗は可能でしょうか。\n家族三人で伺います。よろしくお願いいたします。",
      vehicle_id: 1077
    },
    {
      name: "Mallory <img src=x onerror=alert(1)>",
      email: "mallory@example.com",
      phone: "555-0166",
      subject: "Hi\r\nBcc: everyone@example.org\r\n\r\n<h1>You won</h1>",
      message:
        '</td></table><script>alert(\'in your mailbox\')</script>\u202Egnp.exe & "quotes" <a href="javascript:alert(1)">x</a>',
      vehicle_id: null
    },
    {
      name: "Sam O'Neil",
      email: "not an address",
      phone: null,
      subject: null,
      message: "Do you take trade-ins? 2016 Golf, 98,000 km, one owner.",
      vehicle_id: 1042
    }
  ]
)

export const quoteRequests = sample(
  "quote_requests",
  `  name text NOT NULL,
  email text NOT NULL,
  phone text,
  company text,
  service text,
  message text,
  consent boolean DEFAULT false,
  created_at timestamp without time zone DEFAULT now(),
  status text DEFAULT 'new',
  assigned_to text,
  converted_to_client boolean DEFAULT false,
  current_shipments integer,
  expected_shipments integer,
  services text`,
  [
    {
      name: "Priya Example",
      email: "priya@example.com",
      phone: "555-0123",
      company: "Example Flowers Ltd.",
      service: "Reefer",
      message: longMessage,
      consent: true,
      current_shipments: 12,
      expected_shipments: 40,
      services: "Sea freight, Customs clearance, Last mile"
    },
    {
      name: "Tom Sample",
      email: "tom@example.org",
      phone: "555-0188",
      company: "Sample & Sons <Logistics>",
      service: "LTL",
      message: "Two pallets a week, Toronto to Ottawa. What would a fixed monthly price be?",
      consent: true,
      current_shipments: 8,
      expected_shipments: 8,
      services: "LTL"
    },
    {
      name: "Ana Muestra",
      email: "ana@example.com",
      phone: null,
      company: null,
      service: "Air freight",
      message: "¿Podrían llamarme mañana? Es urgente ✈️",
      consent: false,
      current_shipments: null,
      expected_shipments: 1,
      services: null
    }
  ]
)

export const contactSubmissions = sample(
  "contact_submissions",
  `  first_name text NOT NULL,
  last_name text,
  email text NOT NULL,
  phone text,
  inquiry_type text,
  message text,
  created_at timestamp without time zone DEFAULT now()`,
  [
    {
      first_name: "Alex",
      last_name: "Testa",
      email: "alex.testa@example.com",
      phone: "555-0101",
      inquiry_type: "Support",
      message: "The form on your pricing page shows prices without tax. Is that right?"
    },
    {
      first_name: "ليلى",
      last_name: "مثال",
      email: "layla@example.org",
      phone: null,
      inquiry_type: "شراكة",
      message: "مرحبا، نود مناقشة شراكة مع شركتكم في الربع القادم."
    },
    {
      first_name: "Robin",
      last_name: null,
      email: "robin@example.com",
      phone: "555-0155",
      inquiry_type: null,
      message: "Please call me back after 5 pm.\n\n-- \nRobin"
    }
  ]
)
