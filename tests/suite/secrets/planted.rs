//! The planted secrets: where each one is put, and in which words. `{}` stands for the secret.

/// Every secret has this in it, then its number.
pub(super) const CORE: &str = "pl4nT3dX";

/// Variables of the environment.
pub(super) const VARIABLES: [(&str, &str); 12] = [
    ("OLLAMA_API_KEY", "{}"),
    ("HF_TOKEN", "hf_{}abcdefghijklmnopqrstuvwx"),
    ("AWS_SECRET_ACCESS_KEY", "{}/abc+def"),
    ("AWS_SESSION_TOKEN", "{}=="),
    ("DATABASE_URL", "postgres://anna:{}@db.example:5432/models"),
    ("HTTPS_PROXY", "http://anna:{}@proxy.example:3128"),
    ("http_proxy", "anna:{}@proxy.example:3128"),
    ("OLLAMA_HOST", "http://anna:{}@127.0.0.1:11434"),
    ("LLAMA_ARG_API_KEY", "{}"),
    ("NVIDIA_AUTH_TOKEN", "{}"),
    (
        "OLLAMA_ORIGINS",
        "https://{}@one.example,https://two.example",
    ),
    ("GGML_BACKEND_PATH", "https://anna:{}@host.example/lib.so"),
];

/// Arguments of a program, as words.
pub(super) const ARGUMENTS: [&[&str]; 12] = [
    &["--api-key", "{}"],
    &["--token={}"],
    &["-H", "Authorization: Bearer {}"],
    &["--header", "X-Api-Key: {}"],
    &["--header=Cookie: session={}"],
    &["-u", "anna:{}"],
    &["https://anna:{}@host.example/path"],
    &["https://host.example/path?access_token={}&x=1"],
    &["OLLAMA_API_KEY={}"],
    &["--password", "{}"],
    &["hf_{}abcdefghijklmnopqrstuvwx"],
    &["{\"password\":\"{}\",\"x\":1}"],
];

/// Lines that a program prints: its log, or files.
pub(super) const LINES: [&str; 18] = [
    "time=2025-01-02T03:04:05.678Z level=INFO msg=\"server config\" env=\"map[CUDA_VISIBLE_DEVICES: HTTPS_PROXY:http://anna:{}@proxy.example:3128 OLLAMA_DEBUG:INFO]\"",
    "{\"user\":\"anna\",\"password\":\"{}\",\"port\":1}",
    "{\"level\":\"info\",\"api_key\": \"{}\", \"n\": 2}",
    "Authorization: Bearer {}",
    "> Proxy-Authorization: Basic {}=",
    "Set-Cookie: session={}; HttpOnly",
    "machine host.example login anna password {}",
    "export AWS_SECRET_ACCESS_KEY={}",
    "secret_key = '{}'",
    "pulling from https://anna:{}@registry.example/v2/",
    "token: hf_{}abcdefghijklmnopqrstuvwx is not valid",
    "got ghp_{}abcdefghijklmnopqrstuvwx from the store",
    "using sk-{}-0123456789abcdef for it",
    "GET /v1/models?api_key={}&limit=2 200",
    "bad credentials: password={}",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1{}AAAABAAAA\nAAAA{}BBBBB\n-----END OPENSSH PRIVATE KEY-----",
    "client_secret: \"{}\"",
    "//registry.example/:_authToken={}",
];

/// The head of a request and an answer of a discovery endpoint.
pub(super) const REQUEST: &str =
    "GET /info?token={} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nCookie: id={}\r\n\r\n";
/// See [`REQUEST`].
pub(super) const ANSWER: &str =
    "HTTP/1.1 200 OK\r\nSet-Cookie: id={}\r\n\r\n{\"Library\":\"CUDA\",\"api_key\":\"{}\"}";

/// Paths, and names of symbols.
pub(super) const PATHS: [&str; 3] = [
    "https://anna:{}@host.example/libggml-x.so",
    "/nowhere/ssh://anna:{}@host.example/x",
    "/nowhere/hf_{}abcdefghijklmnopqrstuvwx/libggml-x.so",
];

/// How many secrets there are.
pub(super) const COUNT: usize = VARIABLES.len() + ARGUMENTS.len() + LINES.len() + 5 + PATHS.len();
const _: () = assert!(COUNT == 50);

/// Puts secrets into words, each with a number of its own.
#[derive(Default)]
pub(super) struct Planter {
    pub(super) planted: usize,
}

impl Planter {
    /// The words with a secret in each `{}`. A line with two of them has two halves of one.
    pub(super) fn plant(&mut self, words: &str) -> String {
        self.planted += 1;
        self.fill(words)
    }

    fn fill(&self, words: &str) -> String {
        words.replace("{}", &format!("{CORE}{:02}q7", self.planted))
    }

    /// The words with a secret of its own for each `{}`.
    pub(super) fn plant_each(&mut self, words: &str) -> String {
        let mut parts = words.split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push_str(&self.plant("{}"));
            out.push_str(part);
        }
        out
    }
}
