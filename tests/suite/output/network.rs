//! Loopback sockets, the bodies of the discovery endpoints, and of no other.

use vgputrace::event::Errno;
use vgputrace::event::net::Socket;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, gate, test_name, trace};

const NET: &[&str] = &["socket", "http"];

#[track_caller]
fn served() -> (Recorded, String) {
    let record = trace(program("loopback_http")).run();
    record.ended_with(0);
    let port = record.outcome.out().trim().to_owned();
    (record, format!("127.0.0.1:{port}"))
}

#[test]
fn listen_connect_accept_and_a_failed_bind_have_address_and_error() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, address) = served();
    let events = &record.events;
    let sockets = events.sockets();
    let of = |call: &str| -> Vec<&Socket> {
        let all = sockets
            .iter()
            .filter(|(_, socket)| socket.call.as_str() == call);
        all.map(|(_, socket)| *socket).collect()
    };
    let at = |socket: &Socket| {
        socket
            .address
            .as_ref()
            .map_or("", |text| text.as_str())
            .to_owned()
    };
    let listens = of("listen");
    assert_eq!(listens.len(), 1, "{}", events.story(NET));
    assert_eq!((at(listens[0]), listens[0].err), (address.clone(), None));
    let connects = of("connect");
    let good = connects
        .iter()
        .filter(|one| at(one) == address && one.err.is_none());
    assert_eq!(good.count(), 5, "{}", events.story(NET));
    let refused: Vec<_> = connects
        .iter()
        .filter(|one| at(one) == "127.0.0.1:1")
        .collect();
    assert_eq!(refused.len(), 1, "{}", events.story(NET));
    assert_eq!(refused[0].err.and_then(Errno::name), Some("ECONNREFUSED"));
    let accepts = of("accept");
    assert_eq!(accepts.len(), 5, "{}", events.story(NET));
    assert!(
        accepts.iter().all(|one| one.err.is_none() && one.fd > 2),
        "{}",
        events.story(NET)
    );
    let failed: Vec<_> = of("bind")
        .into_iter()
        .filter(|one| one.err.is_some())
        .collect();
    assert_eq!(failed.len(), 1, "{}", events.story(NET));
    assert_eq!(failed[0].err.and_then(Errno::name), Some("EADDRINUSE"));
    assert_eq!(at(failed[0]), address);
}

#[test]
fn discovery_endpoints_have_their_bodies() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _) = served();
    let events = &record.events;
    let server = events.process_of("loopback_http");
    for (request, body) in [
        ("GET /info", r#"[{"Library":"CUDA-tracee"}]"#),
        ("GET /health", r#"{"status":"ok"}"#),
        ("GET /props", r#"{"model":"small"}"#),
    ] {
        let mut all = events.https();
        all.retain(|(event, http)| {
            event.process == Some(server) && http.request.as_str() == request
        });
        let (asked, answered): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, http)| http.answer.is_none());
        assert_eq!(
            (asked.len(), answered.len()),
            (1, 1),
            "{request}\n{}",
            events.story(NET)
        );
        let answer = answered[0]
            .1
            .answer
            .as_ref()
            .and_then(|answer| answer.whole());
        assert!(
            answer.is_some_and(|text| text.as_str().ends_with(body)),
            "{answer:?}"
        );
        assert!(asked[0].0.time <= answered[0].0.time);
    }
}

#[test]
fn other_bodies_and_prompts_are_not_in_the_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _) = served();
    let bytes = String::from_utf8_lossy(&record.plain_bytes()).into_owned();
    for private in [
        "nobody's business",
        "why-is-anna-angry",
        "no-secret",
        "/other",
        "/api/generate",
    ] {
        assert!(!bytes.contains(private), "{private} is in the trace");
    }
    let known = ["GET /info", "GET /health", "GET /props"];
    assert!(
        record
            .events
            .https()
            .iter()
            .all(|(_, http)| known.contains(&http.request.as_str()))
    );
}
