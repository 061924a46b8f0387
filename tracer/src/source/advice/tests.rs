//! What the user gets to read.

use proptest::prelude::*;

use super::listening::Listening;
use super::{
    ClientKind, OllamaHost, PortUse, Server, client, command_line, port_taken, root_hides,
    sudo_dropped,
};

fn service() -> Server {
    Server {
        pid: 812,
        argv: vec!["/usr/local/bin/ollama".into(), "serve".into()],
        unit: Some("ollama.service".into()),
        uid: Some(998),
        listen: Some("127.0.0.1:11434".parse().unwrap()),
        ..Server::default()
    }
}

fn by_hand() -> Server {
    Server {
        pid: 700,
        argv: vec!["ollama".into(), "serve".into()],
        uid: Some(1000),
        ..Server::default()
    }
}

#[test]
fn a_client_is_told_which_server_loads_the_backends() {
    let kind = ClientKind::Command("list".into());
    let text = client(&kind, &["ollama", "list"], &[by_hand(), service()]).to_string();
    assert_eq!(
        text,
        "ollama list is only a client; the backends are loaded by the server, pid 812 (unit ollama.service, on \
         127.0.0.1:11434). Trace it:\n    sudo vgputrace run --like-unit ollama.service"
    );
    let text = client(&kind, &["ollama", "list"], &[by_hand()]).to_string();
    assert!(text.contains("pid 700 (of user 1000)"), "{text}");
    assert!(
        text.ends_with("sudo kill 700; sudo vgputrace run --user 1000 -- ollama serve"),
        "{text}"
    );
    let contained = Server {
        cgroup: Some("/system.slice/docker-01.scope".into()),
        ..by_hand()
    };
    let advice = client(&kind, &["ollama", "list"], &[contained]);
    assert_eq!(advice.command, None);
    assert!(
        advice
            .sentence
            .ends_with("in a container: run vgputrace in there.")
    );
    let text = client(&kind, &["ollama", "list"], &[]).to_string();
    assert!(
        text.ends_with("sudo vgputrace run --until discovery -- ollama serve"),
        "{text}"
    );
    let manager = ClientKind::Manager("systemctl".into());
    let text = client(&manager, &["systemctl", "restart", "ollama"], &[service()]).to_string();
    assert!(
        text.starts_with("systemctl only asks the service manager"),
        "{text}"
    );
}

#[test]
fn a_taken_port_is_answered_with_the_unit() {
    let host = OllamaHost::parse("");
    let free = PortUse {
        address: host.address(),
        taken_by: None,
    };
    assert_eq!(port_taken(&free, &[service()]), None);
    let taken = PortUse {
        taken_by: Some(Listening {
            address: "[::]:11434".parse().unwrap(),
            uid: 33,
            inode: 1,
        }),
        ..free
    };
    let text = port_taken(&taken, &[by_hand(), service()])
        .unwrap()
        .to_string();
    assert!(
        text.contains("would listen on 127.0.0.1:11434 and end at once"),
        "{text}"
    );
    assert!(
        text.contains("or stop it first: sudo systemctl stop ollama.service"),
        "{text}"
    );
    assert!(
        text.ends_with("sudo vgputrace run --like-unit ollama.service"),
        "{text}"
    );
    let elsewhere = Server {
        listen: Some("127.0.0.1:9".parse().unwrap()),
        ..service()
    };
    let text = port_taken(&taken, &[elsewhere]).unwrap().to_string();
    assert!(text.contains("a program of uid 33"), "{text}");
}

#[test]
fn dropped_variables_come_with_the_command_that_passes_them() {
    assert_eq!(sudo_dropped(&[], &["ollama", "serve"]), None);
    let names = ["LD_LIBRARY_PATH".to_owned(), "OLLAMA_DEBUG".to_owned()];
    let advice = sudo_dropped(&names, &["ollama", "serve"]).unwrap();
    assert!(advice.sentence.contains("LD_LIBRARY_PATH, OLLAMA_DEBUG"));
    assert_eq!(
        advice.command.as_deref(),
        Some(
            "sudo vgputrace run --env LD_LIBRARY_PATH=\"$LD_LIBRARY_PATH\" --env OLLAMA_DEBUG=\"$OLLAMA_DEBUG\" -- \
             ollama serve"
        )
    );
}

#[test]
fn only_a_target_of_root_is_warned_about_permissions() {
    assert_eq!(root_hides(1000, &["ollama", "serve"], &[service()]), None);
    let advice = root_hides(0, &["ollama", "serve"], &[service()]).unwrap();
    assert!(
        advice
            .command
            .unwrap()
            .contains("--like-unit ollama.service -- ollama serve")
    );
}

#[test]
fn words_are_quoted_for_a_shell() {
    assert_eq!(
        command_line(&["a", "b c", "", "it's", "\u{1b}[31m", "$x"]),
        r"a 'b c' '' 'it'\''s' $'\u001b[31m' '$x'"
    );
}

proptest! {
    #[test]
    fn no_control_character_gets_through(words: Vec<String>) {
        prop_assert!(!command_line(&words).chars().any(char::is_control));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_shell_reads_the_same_words(words in prop::collection::vec("[ -~é\n\t]{0,12}", 1..4)) {
        let output = std::process::Command::new("bash")
            .env("LC_ALL", "C.UTF-8")
            .args(["-c", &format!("printf '%s\\0' {}", command_line(&words))])
            .output()
            .unwrap();
        let mut expected = words.join("\0").into_bytes();
        expected.push(0);
        prop_assert_eq!(output.stdout, expected);
    }
}
