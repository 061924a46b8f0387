//! What processes are given: each planted, and beside it what is no difference.

use super::{compare, first, model, text};
use crate::diff::Answer;
use crate::discover::Model;
use crate::event::Text;

/// The same run twice, the second one changed.
fn changed(change: impl Fn(&mut Model)) -> Answer {
    let [one, mut two] = [model(2, 4711), model(3, 4712)].map(|mut model| {
        let server = model.server.as_mut().expect("a server");
        server.argv = vec![text("ollama"), text("serve")];
        server.cwd = text("/");
        server.uid = Some(0);
        server.cgroup = Some(text("/user.slice/session-3.scope"));
        model
    });
    change(&mut two);
    compare(&one, &two, None)
}

#[track_caller]
fn tells(answer: &Answer, words: &str) {
    assert!(first(answer).contains(words), "{}", first(answer));
}

#[track_caller]
fn tells_nothing(answer: &Answer) {
    assert!(answer.same, "{:#?}", answer.differences);
}

#[test]
fn arguments_of_a_child_are_told_and_its_port_is_not() {
    let words = |words: &[&str]| -> Vec<Text> { words.iter().copied().map(Text::from).collect() };
    let answer = changed(|model| {
        model.children[0].argv = words(&["ollama", "runner", "--port", "4", "--ollama-engine"]);
    });
    tells(
        &answer,
        "at runner[cuda_v12] pass 1: arguments is `runner --port 4 --ollama-engine` (was `runner --port 34095`)",
    );
    tells_nothing(&changed(|model| {
        model.children[0].argv = words(&["ollama", "runner", "--port", "1234"]);
    }));
    tells_nothing(&changed(|model| model.children[0].argv.clear()));
}

#[test]
fn working_directory_user_and_loader_of_a_child_are_told() {
    tells(
        &changed(|model| model.children[0].cwd = text("/srv")),
        "working directory is `/srv` (was `/`)",
    );
    tells(
        &changed(|model| model.children[0].uid = Some(65_534)),
        "user id is `65534` (was `0`)",
    );
    tells(
        &changed(|model| model.children[0].gid = Some(44)),
        "group id is `44` (was `0`)",
    );
    tells(
        &changed(|model| model.children[0].secure = true),
        "its loader is deaf to LD_LIBRARY_PATH and LD_PRELOAD (AT_SECURE) (was led by LD_LIBRARY_PATH and LD_PRELOAD)",
    );
    tells_nothing(&changed(|model| {
        model.children[0].cwd = Text::default();
        model.children[0].uid = None;
    }));
}

#[test]
fn what_the_server_is_given_comes_before_what_its_child_is() {
    let answer = changed(|model| {
        model.children[0].uid = Some(65_534);
        model.server.as_mut().expect("a server").uid = Some(65_534);
    });
    tells(
        &answer,
        "at the start of the server: user id is `65534` (was `0`)",
    );
    assert!(answer.differences[1].ripple);
}

#[test]
fn unit_user_and_folder_of_the_server_are_told_where_both_sides_saw_them() {
    let server = |change: fn(&mut crate::discover::model::Server)| {
        changed(move |model| change(model.server.as_mut().expect("a server")))
    };
    tells(
        &server(|server| server.cgroup = Some(text("/system.slice/ollama.service"))),
        "unit is `ollama.service` (was `none`)",
    );
    tells(
        &server(|server| server.cwd = text("/root")),
        "working directory is `/root` (was `/`)",
    );
    // Another session is no unit.
    tells_nothing(&server(|server| {
        server.cgroup = Some(text("/user.slice/session-9.scope"));
    }));
    tells_nothing(&server(|server| {
        server.cgroup = None;
        server.cwd = Text::default();
        server.uid = None;
    }));
}
