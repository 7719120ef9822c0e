// Sizes for people, in powers of ten: `512 bytes`, `8 kB`, `12.3 MB`.
const units = ["kB", "MB", "GB"]

export const showSize = (bytes: number): string => {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`
  const power = Math.min(units.length, bytes < 999_950 ? 1 : bytes < 999_950_000 ? 2 : 3)
  return `${Number((bytes / 1000 ** power).toFixed(1))} ${units[power - 1]}`
}
