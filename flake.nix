# The development shell, for those who use Nix: `nix develop`, then the same two commands as everybody. The mailer itself
# needs only Node and npm; what else is here is psql for looking into the databases, and the linters.
{
  description = "Mails every new row of your web forms' PostgreSQL tables through Microsoft Graph";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      shell = pkgs: {
        default = pkgs.mkShellNoCC {
          packages = [
            pkgs.nodejs_24
            pkgs.postgresql_18
            pkgs.actionlint
            pkgs.gitleaks
          ];
          shellHook = ''
            echo "npm ci && npm run demo   the whole product on this machine"
            echo "npm ci && npm test       all tests, on a PostgreSQL of their own"
          '';
        };
      };
    in
    {
      devShells = nixpkgs.lib.genAttrs systems (system: shell nixpkgs.legacyPackages.${system});
    };
}
