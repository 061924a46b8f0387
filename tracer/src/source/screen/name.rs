//! Which names announce a secret: of environment variables, and of labels in running text.

use super::glance;

/// How the name before a separator is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Nothing secret follows.
    Plain,
    /// `token`, `*_key`: what follows is a secret, unless it is a small number or a word such as `false`.
    Likely,
    /// `password`, `api_key`: what follows is a secret.
    Secret,
    /// `Authorization`, `Cookie`: all the rest of the line is.
    Header,
    /// `OLLAMA_API_KEY`: an environment variable.
    Variable,
}

/// What a variable's name may not contain if its value is to be stored.
const NEVER: [&[u8]; 6] = [b"KEY", b"TOKEN", b"SECRET", b"PASS", b"CRED", b"AUTH"];

/// Words that make a label secret wherever they stand in it, written without separators.
const STRONG: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "accesstoken",
    "authtoken",
    "bearertoken",
    "signingkey",
    "encryptionkey",
];

/// Last words that say the value is about a secret, not the secret itself, or that end a file name
/// (`libsecret-1.so`, `password.go`).
const ABOUT: [&str; 24] = [
    "file", "path", "dir", "type", "len", "length", "size", "count", "num", "required", "enabled",
    "go", "c", "cc", "cpp", "cu", "cuh", "h", "hpp", "rs", "py", "so", "json", "log",
];

/// Words that turn a following `key` or `tokens` into a secret when they stand apart: `api key: X`.
const QUALIFIERS: [&str; 13] = [
    "api",
    "access",
    "private",
    "secret",
    "auth",
    "account",
    "master",
    "signing",
    "encryption",
    "bearer",
    "refresh",
    "client",
    "session",
];

/// True for a variable whose value is never stored: KEY, TOKEN, SECRET, PASS, CRED or AUTH in its name, in any case.
pub(super) fn is_secret_variable(name: &[u8]) -> bool {
    NEVER.iter().any(|word| {
        name.windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word))
    })
}

/// True for a word that makes `key` beside it a secret.
pub(super) fn is_qualifier(word: &[u8]) -> bool {
    QUALIFIERS
        .iter()
        .any(|qualifier| word.eq_ignore_ascii_case(qualifier.as_bytes()))
}

/// Judges the name before `:`, `=` or the blank after an option.
pub(super) fn label(name: &[u8], separator: u8) -> Label {
    if !glance::is_suspicious(name) {
        return Label::Plain;
    }
    if is_shouting(name) {
        let alone = matches!(name, b"KEY" | b"PASS" | b"AUTH");
        let secret = is_secret_variable(name) && (!alone || separator == b'=');
        return if secret {
            Label::Variable
        } else {
            Label::Plain
        };
    }
    // Model metadata (GGUF): tokenizer.ggml.bos_token_id, tokenizer.ggml.add_bos_token=bool:false.
    if name.starts_with(b"tokenizer.") {
        return Label::Plain;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return Label::Plain;
    };
    if ABOUT.contains(&last.as_str()) || words.iter().any(|word| word == "so") {
        return Label::Plain;
    }
    if last == "authorization" || last == "cookie" {
        return Label::Header;
    }
    let joined = words.concat();
    if STRONG.iter().any(|strong| joined.contains(strong)) {
        return Label::Secret;
    }
    let before = before.last().map(String::as_str);
    let likely = match last.as_str() {
        // Prompts are nobody's business; Ollama prints them at OLLAMA_DEBUG=1 as `prompt=...` (server/routes.go).
        "prompt" => return Label::Secret,
        "token" | "pwd" | "jwt" | "creds" | "cred" => true,
        "auth" | "pass" | "signature" | "sig" => separator != b':',
        "key" => before.is_some_and(|word| word != "public"),
        "tokens" => before.is_some_and(|word| QUALIFIERS.contains(&word)),
        _ => false,
    };
    if likely { Label::Likely } else { Label::Plain }
}

/// Upper case as environment variables are.
fn is_shouting(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_uppercase)
        && name.len() >= 3
        && name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// `x-Api_keyName` as `x`, `api`, `key`, `name`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for byte in name {
        let border = byte.is_ascii_uppercase() && lower_before;
        lower_before = byte.is_ascii_lowercase();
        if border || !byte.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if byte.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{Label, is_secret_variable, label};

    #[test]
    fn names_of_secrets_are_told_from_names_about_tokens_and_keys() {
        for (name, expected) in [
            ("OLLAMA_API_KEY", Label::Variable),
            ("TOKEN", Label::Variable),
            ("OLLAMA_KEEP_ALIVE", Label::Plain),
            ("api_key", Label::Secret),
            ("x-api-key", Label::Secret),
            ("--api-key", Label::Secret),
            ("clientSecret", Label::Secret),
            ("Dpassword", Label::Secret),
            ("Proxy-Authorization", Label::Header),
            ("Set-Cookie", Label::Header),
            ("token", Label::Likely),
            ("hf-token", Label::Likely),
            ("signing.key", Label::Secret),
            ("_authToken", Label::Secret),
            ("key", Label::Plain),
            ("public_key", Label::Plain),
            ("eos_token_id", Label::Plain),
            ("n_tokens", Label::Plain),
            ("tokenizer.ggml.add_bos_token", Label::Plain),
            ("llama.attention.key_length", Label::Plain),
            ("libsecret-1.so.0", Label::Plain),
            ("auth.go", Label::Plain),
            ("api-key-file", Label::Plain),
            ("author", Label::Plain),
        ] {
            assert_eq!(label(name.as_bytes(), b'='), expected, "{name}");
        }
        assert_eq!(label(b"PASS", b':'), Label::Plain);
        assert_eq!(label(b"PASS", b'='), Label::Variable);
    }

    #[test]
    fn a_variable_is_secret_by_any_of_six_words_in_any_case() {
        for name in [
            "A_KEY",
            "token_x",
            "MySecret",
            "PGPASSWORD",
            "GIT_CREDENTIALS",
            "XAUTHORITY",
        ] {
            assert!(is_secret_variable(name.as_bytes()), "{name}");
        }
        assert!(!is_secret_variable(b"OLLAMA_HOST"));
    }
}
