//! Which settings of a service change what its process sees or may do, and are not imitated.
//!
//! In: assignments in the order they count. Out: the settings that stand at the end. Everything in `[Service]` is reported but what
//! we imitate, what concerns only the manager (restarts, time-outs, where logs go), and what is switched off. So a
//! setting of a later systemd is reported until it is known to be harmless.

use std::path::PathBuf;

/// A setting that has an effect under systemd and none here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `ProtectHome`; for a specifier that was not replaced `Environment %H`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The file that says so.
    pub file: PathBuf,
}

/// Settings seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(Vec<Setting>);

impl Settings {
    /// Counts an assignment of `[Service]`.
    pub(super) fn assign(&mut self, name: &str, value: &str, file: &std::path::Path) {
        if IMITATED.contains(&name) || is_harmless(name) {
            return;
        }
        if value.is_empty() || !is_list(name) {
            self.0.retain(|one| one.name != name);
        }
        // An empty bounding set is the set without capabilities, not a reset.
        if !value.is_empty() || name == "CapabilityBoundingSet" {
            self.report(name, value, file);
        }
    }

    /// Adds without asking.
    pub(super) fn report(&mut self, name: &str, value: &str, file: &std::path::Path) {
        self.0.push(Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            file: file.to_owned(),
        });
    }

    /// What stands and is not switched off, in order.
    pub(super) fn finish(self) -> Vec<Setting> {
        self.0
            .into_iter()
            .filter(|one| !is_off(&one.name, &one.value))
            .collect()
    }
}

const IMITATED: [&str; 10] = [
    "Environment",
    "EnvironmentFile",
    "ExecStart",
    "Group",
    "SetLoginEnvironment",
    "SupplementaryGroups",
    "UMask",
    "UnsetEnvironment",
    "User",
    "WorkingDirectory",
];

/// What concerns the manager and its logs, not the process. Endings and beginnings first.
fn is_harmless(name: &str) -> bool {
    name.starts_with("X-")
        || [
            "Timeout",
            "Restart",
            "StartLimit",
            "Syslog",
            "Log",
            "TTY",
            "Standard",
            "Watchdog",
        ]
        .iter()
        .any(|start| name.starts_with(start))
        || name.ends_with("Accounting")
        || [
            "BusName",
            "ExecReload",
            "ExecStartPost",
            "ExecStop",
            "ExecStopPost",
            "ExitType",
            "FailureAction",
            "FileDescriptorStoreMax",
            "FinalKillSignal",
            "GuessMainPID",
            "KillMode",
            "KillSignal",
            "ManagedOOMMemoryPressure",
            "ManagedOOMMemoryPressureLimit",
            "ManagedOOMPreference",
            "ManagedOOMSwap",
            "NotifyAccess",
            "OOMPolicy",
            "PIDFile",
            "PermissionsStartOnly",
            "RebootArgument",
            "ReloadSignal",
            "RemainAfterExit",
            "RootDirectoryStartOnly",
            "RuntimeDirectoryPreserve",
            "RuntimeMaxSec",
            "RuntimeRandomizedExtraSec",
            "SendSIGHUP",
            "SendSIGKILL",
            "SuccessAction",
            "SuccessExitStatus",
            "Type",
            "UtmpIdentifier",
            "UtmpMode",
        ]
        .contains(&name)
}

/// Settings whose assignments add up.
fn is_list(name: &str) -> bool {
    [
        "Paths",
        "Directory",
        "Images",
        "Directories",
        "Credential",
        "CredentialEncrypted",
        "Environment",
        "Filter",
        "FilterPath",
    ]
    .iter()
    .any(|end| name.ends_with(end) && name != "RootDirectory")
        || [
            "AmbientCapabilities",
            "BPFProgram",
            "CPUAffinity",
            "CapabilityBoundingSet",
            "DeviceAllow",
            "ExecCondition",
            "ExecSearchPath",
            "ExecStartPre",
            "IPAddressAllow",
            "IPAddressDeny",
            "RestrictAddressFamilies",
            "RestrictFileSystems",
            "RestrictNamespaces",
            "RestrictNetworkInterfaces",
            "Sockets",
            "SocketBindAllow",
            "SocketBindDeny",
            "SystemCallArchitectures",
            "TemporaryFileSystem",
        ]
        .contains(&name)
}

/// The value is the one without effect.
fn is_off(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        // SIGPIPE is ignored by default: "no" is the change.
        "no" | "false" | "off" | "n" | "f" => name != "IgnoreSIGPIPE",
        "yes" | "true" | "on" | "1" => name == "IgnoreSIGPIPE",
        "0" => [
            "Private",
            "Protect",
            "Restrict",
            "NoNewPriv",
            "Dynamic",
            "Lock",
            "MemoryDeny",
            "Remove",
        ]
        .iter()
        .any(|start| name.starts_with(start)),
        "infinity" => name.starts_with("Memory") || name == "TasksMax",
        "auto" => name == "DevicePolicy",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Settings;

    fn report(assignments: &[(&str, &str)]) -> Vec<String> {
        let mut settings = Settings::default();
        for (name, value) in assignments {
            settings.assign(name, value, Path::new("/x.service"));
        }
        settings
            .finish()
            .into_iter()
            .map(|one| format!("{}={}", one.name, one.value))
            .collect()
    }

    #[test]
    fn what_changes_the_process_is_reported_and_the_rest_is_not() {
        assert_eq!(
            report(&[
                ("Type", "exec"),
                ("Restart", "always"),
                ("StandardOutput", "journal"),
                ("MemoryAccounting", "yes"),
                ("ExecStart", "/bin/true"),
                ("Environment", "A=1"),
                ("PrivateTmp", "no"),
                ("ProtectSystem", "full"),
                ("DevicePolicy", "closed"),
                ("DeviceAllow", "char-nvidia rw"),
                ("DeviceAllow", "/dev/dri/card0"),
                ("LimitNOFILE", "1024"),
                ("LimitCORE", "0"),
                ("MemoryMax", "8G"),
                ("MemoryMax", "infinity"),
                ("SettingOfTomorrow", "1"),
                ("X-Mine", "1"),
            ]),
            [
                "ProtectSystem=full",
                "DevicePolicy=closed",
                "DeviceAllow=char-nvidia rw",
                "DeviceAllow=/dev/dri/card0",
                "LimitNOFILE=1024",
                "LimitCORE=0",
                "SettingOfTomorrow=1",
            ]
        );
    }

    #[test]
    fn an_empty_value_resets_and_the_last_value_of_a_scalar_wins() {
        assert_eq!(
            report(&[
                ("DeviceAllow", "/dev/null"),
                ("DeviceAllow", ""),
                ("DeviceAllow", "/dev/zero"),
                ("ProtectHome", "yes"),
                ("ProtectHome", "no"),
                ("PrivateDevices", "0"),
                ("PrivateDevices", "true"),
                ("IgnoreSIGPIPE", "no"),
                ("CapabilityBoundingSet", ""),
            ]),
            [
                "DeviceAllow=/dev/zero",
                "PrivateDevices=true",
                "IgnoreSIGPIPE=no",
                "CapabilityBoundingSet=",
            ]
        );
    }
}
