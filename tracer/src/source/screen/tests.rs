//! The screen as a whole: planted secrets of every kind never come out, real logs pass untouched.

use proptest::prelude::*;

use super::{MARK, Policy, Stream, argv, environment, glance, text};

/// Lines that a real Ollama 0.16.3 and 0.32.8 printed, and messages of glibc, ggml and NVIDIA's tools: all of a
/// diagnosis is in them, and nothing secret.
const HONEST: &str = include_str!("tests/honest.txt");

fn screened(bytes: &[u8]) -> String {
    text(bytes).as_str().to_owned()
}

#[test]
fn real_logs_pass_unchanged() {
    for line in HONEST.lines() {
        assert_eq!(screened(line.as_bytes()), line);
    }
    assert_eq!(screened(HONEST.as_bytes()), HONEST);
    let mut stream = Stream::default();
    let pieces = HONEST.as_bytes().chunks(37);
    let whole: String = pieces.map(|piece| stream.text(piece).to_string()).collect();
    // A piece may end inside a URL or a word that looks like a token; nothing else may be withheld.
    assert!(whole.matches(MARK).count() <= 2, "{whole}");
}

/// Text, and the same as a trace may hold it.
const CASES: &[(&str, &str)] = &[
    (
        r#"msg="server config" env="map[CUDA_VISIBLE_DEVICES: HTTPS_PROXY:http://u:p4ss@proxy.lan:3128 OLLAMA_API_KEY:abc def OLLAMA_LLM_LIBRARY:cuda_v12 OLLAMA_REMOTES:[ollama.com] no_proxy:]""#,
        r#"msg="server config" env="map[CUDA_VISIBLE_DEVICES: HTTPS_PROXY:http://<withheld>@proxy.lan:3128 OLLAMA_API_KEY:<withheld> OLLAMA_LLM_LIBRARY:cuda_v12 OLLAMA_REMOTES:[ollama.com] no_proxy:]""#,
    ),
    (
        r#"msg=subprocess PATH=/bin OLLAMA_API_KEY=abc LD_LIBRARY_PATH=/usr/lib"#,
        r#"msg=subprocess PATH=/bin OLLAMA_API_KEY=<withheld> LD_LIBRARY_PATH=/usr/lib"#,
    ),
    (
        r#"env="map[OLLAMA_API_KEY: OLLAMA_AUTH:x]" n=1"#,
        r#"env="map[OLLAMA_API_KEY: OLLAMA_AUTH:<withheld>]" n=1"#,
    ),
    ("http_proxy:u:p@h:3128 x", "http_proxy:<withheld>@h:3128 x"),
    ("proxy u:p@ss@h:3128 down", "proxy <withheld>@h:3128 down"),
    (
        "GET http://u:p/w?x@h/path x@y",
        "GET http://<withheld>@h/path x@y",
    ),
    (
        r#"{"u":"https:\/\/u:p@h\/x"}"#,
        r#"{"u":"https:\/\/<withheld>@h\/x"}"#,
    ),
    (
        "git clone https://tok3n@host/x",
        "git clone https://<withheld>@host/x",
    ),
    (
        "GET /v2?name=a&token=abc&n=5 HTTP/1.1",
        "GET /v2?name=a&token=<withheld>&n=5 HTTP/1.1",
    ),
    ("/x?key=abc&b=1", "/x?key=<withheld>&b=1"),
    (
        "Authorization: Basic abc x=y\nAccept: */*",
        "Authorization: <withheld>\nAccept: */*",
    ),
    (
        r#"curl -H "Authorization: Bearer abc" http://h/x"#,
        r#"curl -H "Authorization: <withheld>" http://h/x"#,
    ),
    (
        "headers=map[Accept:[*/*] Authorization:[Bearer abc] Host:[h]]",
        "headers=map[Accept:[*/*] Authorization:[<withheld>] Host:[h]]",
    ),
    ("sent Bearer abc.def twice", "sent Bearer <withheld> twice"),
    (
        "proxy says Basic dXNlcjpwdw== ok",
        "proxy says Basic <withheld> ok",
    ),
    (
        r#"msg="body" json="{\"api_key\":\"a b\",\"n\":1}""#,
        r#"msg="body" json="{\"api_key\":\"<withheld>\",\"n\":1}""#,
    ),
    (
        r#"{"password": "a\"b", "n": 1}"#,
        r#"{"password": "<withheld>", "n": 1}"#,
    ),
    (
        r#"["--token", "abc", "-n"]"#,
        r#"["--token", "<withheld>", "-n"]"#,
    ),
    (
        r#"cmd="llama-server --api-key abc --port 1""#,
        r#"cmd="llama-server --api-key <withheld> --port 1""#,
    ),
    ("curl -u bob:pw http://h", "curl -u <withheld> http://h"),
    (
        "docker run -u 1000:1000 -e A_TOKEN=x i",
        "docker run -u 1000:1000 -e A_TOKEN=<withheld> i",
    ),
    ("your api key: abc", "your api key: <withheld>"),
    ("key AKIAABCDEFGHIJKLMNOP, done", "key <withheld>, done"),
    (
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
        "a\n<withheld>\nb",
    ),
    (
        r#"msg="chat request" images=0 prompt="<|user|>\nwho am \"I\"" n=1"#,
        r#"msg="chat request" images=0 prompt="<withheld>" n=1"#,
    ),
];

#[test]
fn secrets_go_and_their_surroundings_stay() {
    for (before, after) in CASES {
        assert_eq!(&screened(before.as_bytes()), after);
        assert_eq!(
            &screened(after.as_bytes()),
            after,
            "a second pass changes it"
        );
    }
}

#[test]
fn arguments_lose_secrets_and_keep_their_number() {
    for (arguments, expected) in [
        (
            "curl|-H|Authorization: Bearer abc|-u|bob:pw",
            "curl|-H|Authorization: <withheld>|-u|<withheld>",
        ),
        (
            "curl|-HX-Api-Key: abc|-ubob:pw|http://u:p@h/",
            "curl|-HX-Api-Key: <withheld>|-u<withheld>|http://<withheld>@h/",
        ),
        (
            "curl|-H|Authorization:|Bearer|abc|x",
            "curl|-H|Authorization:|Bearer|<withheld>|x",
        ),
        (
            "x|--api-key|-abc|--token=d|--password|e f",
            "x|--api-key|<withheld>|--token=<withheld>|--password|<withheld>",
        ),
        (
            "env|FOO_TOKEN=a b|PATH=/bin|cmd",
            "env|FOO_TOKEN=<withheld>|PATH=/bin|cmd",
        ),
        (
            "sudo|sshpass|-p|pw|mysql|-ppw",
            "sudo|sshpass|-p|<withheld>|mysql|-p<withheld>",
        ),
        (
            "docker|run|-u|1000:1000|--user|ollama",
            "docker|run|-u|1000:1000|--user|ollama",
        ),
        (
            "/bin/ollama|run|llama3|who am I",
            "/bin/ollama|run|llama3|<withheld>",
        ),
        (
            "ollama|runner|--ollama-engine|--port|38609",
            "ollama|runner|--ollama-engine|--port|38609",
        ),
        (
            "llama-server|--model|/m/sha256-6a0746a1ec1a|--port|49152|--no-webui|--offline|-c|4096|-np|1|--api-key-file|/k",
            "llama-server|--model|/m/sha256-6a0746a1ec1a|--port|49152|--no-webui|--offline|-c|4096|-np|1|--api-key-file|/k",
        ),
        (
            "sh|-c|curl -H 'X-Auth-Token: abc' h",
            "sh|-c|curl -H 'X-Auth-Token: <withheld>' h",
        ),
        ("x||--no-auth|y|--|", "x||--no-auth|y|--|"),
    ] {
        let out = argv(&arguments.split('|').collect::<Vec<_>>());
        let out: Vec<_> = out.iter().map(|text| text.as_str()).collect();
        assert_eq!(out.join("|"), expected);
    }
}

#[test]
fn a_variable_is_stored_by_its_name() {
    let value = |name: &str, value: &str, policy| {
        let variable = environment(name.as_bytes(), value.as_bytes(), policy);
        variable.v.map(|text| text.as_str().to_owned())
    };
    use Policy::{All, Allowlist};
    for path in ["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH"] {
        let list = "/opt/token=1/lib:/x y/--password z::./a@b";
        assert_eq!(value(path, list, Allowlist).as_deref(), Some(list));
    }
    let host = value("OLLAMA_HOST", "http://u:p@h:1", Allowlist);
    assert_eq!(host.as_deref(), Some("http://<withheld>@h:1"));
    assert_eq!(value("EDITOR", "vi", Allowlist), None);
    assert_eq!(value("EDITOR", "vi", All).as_deref(), Some("vi"));
    assert_eq!(value("OLLAMA_API_KEY", "x", All), None);
    let proxy = value("HTTPS_PROXY", "u:p@h:3128", All);
    assert_eq!(proxy.as_deref(), Some("<withheld>@h:3128"));
    let withheld = environment(b"my_token", b"12345", All);
    assert_eq!((withheld.v, withheld.len), (None, Some(5)));
}

#[test]
fn a_secret_in_two_writes_is_withheld() {
    for (pieces, expected) in [
        (
            vec!["OLLAMA_API_KEY=", "s3cret x\n"],
            "OLLAMA_API_KEY=<withheld> x\n",
        ),
        (
            vec!["pass", "word: s3", "cret\n"],
            "password: <withheld><withheld>\n",
        ),
        (
            vec!["via http://u:s3c", "ret@h/\n"],
            "via http://<withheld><withheld>@h/\n",
        ),
        (
            vec!["key hf_ab", "cdefghijklmnopqrst ok\n"],
            "key <withheld><withheld> ok\n",
        ),
        (vec!["0.00 ", "I ", "loaded", "\n"], "0.00 I loaded\n"),
    ] {
        let mut stream = Stream::default();
        let out: String = pieces
            .iter()
            .map(|piece| stream.text(piece.as_bytes()).to_string())
            .collect();
        assert_eq!(out, expected);
    }
}

#[test]
fn a_private_key_is_followed_over_lines_and_given_up_when_it_has_no_end() {
    let mut stream = Stream::default();
    let mut out = String::new();
    for line in [
        "a\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "MIIEvQ\n",
        "QkFB\n",
        "-----END PRIVATE KEY-----\n",
        "b\n",
    ] {
        out.push_str(stream.text(line.as_bytes()).as_str());
    }
    assert_eq!(out, "a\n<withheld><withheld><withheld><withheld>\nb\n");
    stream.text(b"-----BEGIN PRIVATE KEY-----\n");
    for _ in 0..300 {
        stream.text(&[b'x'; 64]);
    }
    assert_eq!(stream.text(b"\nhello\n").as_str(), "\nhello\n");
}

/// `{}` is the secret.
const PLANTED: [&str; 30] = [
    "OLLAMA_API_KEY={}",
    "OLLAMA_API_KEY:{}",
    "export MY_SECRET=\"{}\"",
    "password={}",
    "password: {}",
    "db_password = '{}'",
    "{\"api_key\": \"{}\"}",
    "{\\\"client_secret\\\":\\\"{}\\\"}",
    "--api-key {}",
    "--api-key={}",
    "--password \"{}\"",
    "-u bob:{}",
    "--proxy-user bob:{}",
    "https://bob:{}@proxy.lan:3128/",
    "bob:{}@proxy.lan:3128",
    "https_proxy:bob:{}@h:1",
    "https://{}@h/",
    "?access_token={}&n=1",
    "Authorization: Bearer {}",
    "Authorization: token {}",
    "authorization: Basic {}",
    "Cookie: session={}",
    "X-Api-Key: {}",
    "X-Auth-Token:{}",
    "proxy-authorization: {}",
    "Bearer {}",
    "sk-{}0123456789",
    "ghp_{}",
    "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----",
    "map[Authorization:[Bearer {}]]",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_planted_secret_never_comes_out(
        kind in 0..PLANTED.len(), secret in "[A-Za-z0-9]{20,40}", before in "[ -~]{0,20}( |\n)", after in "( |\n)[ -~]{0,20}",
    ) {
        let line = format!("{before}{}{after}", PLANTED[kind].replace("{}", &secret));
        let out = screened(line.as_bytes());
        prop_assert!(!out.contains(&secret), "{}", out);
        let arguments = ["sh", "-c", &line];
        prop_assert!(!argv(&arguments)[2].as_str().contains(&secret));
    }

    #[test]
    fn a_planted_secret_never_comes_out_of_pieces(
        kind in 0..PLANTED.len(), secret in "[A-Za-z0-9]{20,40}", cut in 1_usize..60,
    ) {
        // Without a scheme nothing tells a user and a password before their `@` has come.
        let kinds: Vec<_> = PLANTED.iter().filter(|kind| !kind.starts_with("bob:")).collect();
        let line = format!("x {}\nnext\n", kinds[kind % kinds.len()].replace("{}", &secret));
        let mut stream = Stream::default();
        let out: String = line.as_bytes().chunks(cut).map(|piece| stream.text(piece).to_string()).collect();
        prop_assert!(!out.contains(&secret), "{}", out);
    }

    #[test]
    fn a_difficult_password_in_a_url_never_comes_out(secret in "[a-z][!$-.0-9:;=@A-Z_a-z~]{8,20}[a-z]") {
        let line = format!("proxy http://bob:{secret}@proxy.lan:3128/x failed");
        let out = screened(line.as_bytes());
        // Odd characters in it may pull more with them (`-u'a@host` looks like an option), never less.
        prop_assert!(!out.contains(&secret) && out.starts_with("proxy http://<withheld>"), "{}", out);
    }

    #[test]
    fn any_bytes_are_survived(parts in proptest::collection::vec(fragment(), 0..12)) {
        let bytes = parts.concat();
        let _ = text(&bytes);
        let mut stream = Stream::default();
        for piece in bytes.chunks(5) {
            let _ = stream.text(piece);
        }
        prop_assert_eq!(argv(&parts).len(), parts.len());
        let _ = environment(b"OLLAMA_X", &bytes, Policy::All);
    }

    #[test]
    fn what_the_glance_lets_pass_has_nothing_to_withhold(parts in proptest::collection::vec(fragment(), 0..6)) {
        let bytes = parts.concat();
        if !glance::is_suspicious(&bytes) {
            prop_assert!(text::is_clean(&bytes), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// Pieces of text that the finders react to, and arbitrary bytes.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "password",
        "token",
        "api",
        "key",
        "-",
        "--",
        "u ",
        "http",
        "://",
        "@",
        ":",
        "=",
        " ",
        "\"",
        "\\",
        "'",
        "[",
        "]",
        "Bearer ",
        "Basic ",
        "dXNlcjpwdw==",
        "sk-",
        "eyJ",
        ".",
        "AKIA",
        "ABCDEFGHIJKLMNOP12",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "\n",
        "\r",
        "\t",
        "FOO_KEY",
        "Cookie",
        "authorization",
        "sig",
        "pwd",
        "jwt",
        "cred",
        "hft",
        "proxy",
        "/",
        "?",
        "&",
        ",",
        "x",
        "host",
        "<withheld>",
        "12",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ]
}
