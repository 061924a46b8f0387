//! The unit, and servers that run already.

use super::super::super::escape;
use super::super::{About, Finding, Level};
use super::shell;
use crate::event::doctor::{Facts, Server};

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    let service = &facts.service;
    if let Some(why) = &service.problem {
        all.push(Finding::new(
            "unit-unusable",
            About::Service,
            Level::Problem,
            why.as_str(),
        ));
    }
    let unit = service
        .unit
        .as_ref()
        .map_or("the unit", |unit| unit.as_str());
    let value = |wanted: &str| {
        let found = service
            .devices
            .iter()
            .rev()
            .find(|[name, _]| name.as_str() == wanted)?;
        Some(found[1].as_str())
    };
    let yes =
        |value: &str| ["yes", "true", "on", "1"].contains(&value.to_ascii_lowercase().as_str());
    let hides = if value("PrivateDevices").is_some_and(yes) {
        Some("PrivateDevices")
    } else if value("DevicePolicy").is_some_and(|policy| policy == "strict" || policy == "closed")
        && !service.devices.iter().any(|[name, what]| {
            let what = what.as_str();
            name.as_str() == "DeviceAllow"
                && ["nvidia", "kfd", "dri", "drm"]
                    .iter()
                    .any(|word| what.contains(word))
        })
    {
        Some("DevicePolicy")
    } else {
        None
    };
    if let Some(setting) = hides {
        all.push(
            Finding::new(
                "unit-hides-devices",
                About::Service,
                Level::Problem,
                format!("{setting}= of {unit} keeps GPU device nodes from the service (systemd.exec(5), systemd.resource-control(5))"),
            )
            .so(format!("sudo systemctl edit {}", shell(unit))),
        );
    }
    match &facts.servers {
        None => all.push(Finding::new(
            "server-unseen",
            About::Service,
            Level::Note,
            "the processes cannot be listed, so running servers cannot be told",
        )),
        Some(servers) => all.extend(servers.iter().map(running)),
    }
}

fn running(server: &Server) -> Finding {
    let mut sentence = format!("a server runs: pid {}", server.pid);
    if let Some(unit) = &server.unit {
        sentence.push_str(&format!(" of {unit}"));
    }
    if let Some(uid) = server.uid {
        sentence.push_str(&format!(", user {uid}"));
    }
    if let Some(listen) = &server.listen {
        sentence.push_str(&format!(", on {listen}"));
    }
    if let Some(program) = &server.program {
        sentence.push_str(&format!(" ({})", escape::word(program.as_str())));
    }
    let finding = Finding::new("server-running", About::Service, Level::Note, sentence);
    match &server.unit {
        Some(unit) => Finding {
            sentence: format!("{}; to record one like it, beside it:", finding.sentence),
            ..finding
        }
        .so(format!(
            "sudo vgputrace run --like-unit {}",
            shell(unit.as_str())
        )),
        None => finding,
    }
}
