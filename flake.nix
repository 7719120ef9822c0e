# For those who use Nix: the development shell (`nix develop`, then the same two commands as everybody; it adds psql for looking
# into the databases, and the linters), the package (`nix build`), and the worker as a service of NixOS. docs/nix.md.
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
      built = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      packageFor = pkgs: import ./docs/nix/package.nix { inherit pkgs; };
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
      packages = nixpkgs.lib.genAttrs built (system: {
        default = packageFor nixpkgs.legacyPackages.${system};
      });
      nixosModules.default = import ./docs/nix/module.nix { inherit packageFor; };
    };
}
