# The worker as a service of NixOS, with the same hardening as docs/systemd/inquiries-mailer.service: a test compares the two.
{ packageFor }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.inquiries-mailer;
in
{
  options.services.inquiries-mailer = {
    enable = lib.mkEnableOption "the worker that mails every new row of PostgreSQL tables";
    package = lib.mkOption {
      type = lib.types.package;
      default = packageFor pkgs;
      defaultText = lib.literalMD "the package of this flake";
      description = "The package that is run.";
    };
    environment = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = {
        NAME = "autos";
        TIME_ZONE = "America/Toronto";
      };
      description = "Settings that are no secrets: everybody on this machine can read them in the Nix store.";
    };
    environmentFile = lib.mkOption {
      type = lib.types.str;
      example = "/etc/inquiries-mailer/environment";
      description = "A file with the other settings, as NAME=value, that only root can read. It is no path in the Nix store.";
    };
  };

  config = lib.mkIf cfg.enable {
    # For `inquiries-mailer migrate` and `check`.
    environment.systemPackages = [ cfg.package ];
    systemd.services.inquiries-mailer = {
      description = "Mails every new row of PostgreSQL tables through Microsoft Graph";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      startLimitIntervalSec = 0;
      inherit (cfg) environment;
      serviceConfig = {
        Type = "exec";
        ExecStart = "${cfg.package}/bin/inquiries-mailer run";
        EnvironmentFile = cfg.environmentFile;
        Restart = "always";
        RestartSec = "5";
        RestartPreventExitStatus = "78";
        TimeoutStopSec = "30";
        DynamicUser = "yes";
        UMask = "0077";
        CapabilityBoundingSet = "";
        NoNewPrivileges = "yes";
        LockPersonality = "yes";
        PrivateDevices = "yes";
        PrivateTmp = "yes";
        PrivateUsers = "yes";
        ProcSubset = "pid";
        ProtectClock = "yes";
        ProtectControlGroups = "yes";
        ProtectHome = "yes";
        ProtectHostname = "yes";
        ProtectKernelLogs = "yes";
        ProtectKernelModules = "yes";
        ProtectKernelTunables = "yes";
        ProtectProc = "invisible";
        ProtectSystem = "strict";
        RemoveIPC = "yes";
        RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
        RestrictNamespaces = "yes";
        RestrictRealtime = "yes";
        RestrictSUIDSGID = "yes";
        SystemCallArchitectures = "native";
        SystemCallErrorNumber = "EPERM";
        SystemCallFilter = [
          "@system-service @pkey"
          "~@privileged @resources"
        ];
      };
    };
  };
}
