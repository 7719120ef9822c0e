# A false nixpkgs, as much of it as flake.nix uses: it builds nothing and hands back what it was asked for. Any system is handed
# out, so that one too many shows.
let
  genAttrs =
    names: value:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = value name;
      }) names
    );
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  filterAttrs =
    isWanted: attributes:
    removeAttrs attributes (
      builtins.filter (name: !(isWanted name attributes.${name})) (builtins.attrNames attributes)
    );
  lib = {
    inherit genAttrs hasPrefix filterAttrs;
    inherit (builtins) mapAttrs;
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    last = list: builtins.elemAt list (builtins.length list - 1);
    splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
    fileset = {
      unions = map baseNameOf;
      toSource = { fileset, ... }: fileset;
    };
    fetchers.proxyImpureEnvVars = [ "https_proxy" ];
    licenses.mit = "MIT";
    mkEnableOption = description: { inherit description; };
    mkOption = option: option;
    mkIf = condition: content: if condition then content else { };
    literalMD = text: text;
    types = {
      package = "package";
      str = "string";
      attrsOf = of: "set of ${of}";
    };
  };
  packages = {
    inherit lib;
    mkShellNoCC = { packages, shellHook }: builtins.seq shellHook packages;
    nodejs_24 = "nodejs_24";
    postgresql_18 = "postgresql_18";
    actionlint = "actionlint";
    gitleaks = "gitleaks";
    cacert = "cacert";
    makeWrapper = "makeWrapper";
    runCommand = name: attributes: script: { inherit name script; hash = attributes.outputHash; };
    buildNpmPackage = package: package;
    importNpmLock = {
      __functor = _: asked: asked;
      npmConfigHook = "npmConfigHook";
    };
  };
  flake = import ./flake.nix;
  outputs = flake.outputs {
    self = { };
    nixpkgs = {
      inherit lib;
      legacyPackages = genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
        "riscv64-linux"
        "i686-linux"
      ] (_: packages);
    };
  };
  module = outputs.nixosModules.default {
    inherit lib;
    pkgs = packages;
    config.services.inquiries-mailer = {
      enable = true;
      package = "/package";
      environment = { };
      environmentFile = "/etc/inquiries-mailer/environment";
    };
  };
in
{
  inherit (flake) inputs;
  outputs = builtins.removeAttrs outputs [
    "packages"
    "nixosModules"
  ] // {
    nixosModules = builtins.attrNames outputs.nixosModules;
    packages = builtins.mapAttrs (_: builtins.attrNames) outputs.packages;
  };
  packages = outputs.packages.x86_64-linux.default;
  options = builtins.attrNames module.options.services.inquiries-mailer;
  service = module.config.systemd.services.inquiries-mailer;
}
