//! C source after the preprocessor, cut into words and then into declarations.

/// Words and single punctuation characters, in order. Literals of text are dropped: no declaration needs them.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut rest = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.chars().chain(['\n']));
    while let Some(c) = rest.next() {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match c {
            '"' | '\'' => {
                rest.by_ref().find(|end| *end == c);
            }
            space if space.is_whitespace() => {}
            other => tokens.push(other.to_string()),
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

/// Declarations at the outermost level, without their `;` and without what the compiler alone needs.
pub(super) fn statements(tokens: &[String]) -> Vec<Vec<&str>> {
    let mut list = Vec::new();
    let mut one: Vec<&str> = Vec::new();
    let mut depth = 0_usize;
    let mut is_body = false;
    for token in tokens.iter().map(String::as_str) {
        match token {
            "{" if depth == 0 => is_body = one.last() == Some(&")"),
            ";" if depth == 0 => {
                list.push(plain(&std::mem::take(&mut one)));
                continue;
            }
            _ => {}
        }
        match token {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        one.push(token);
        if token == "}" && depth == 0 && is_body {
            list.push(plain(&std::mem::take(&mut one)));
        }
    }
    list
}

/// Leaves attributes and storage classes out.
fn plain<'a>(statement: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut rest = statement.iter().copied();
    while let Some(token) = rest.next() {
        match token {
            "__attribute__" | "__declspec" => skip_group(&mut rest),
            "extern" | "__extension__" | "__restrict" => {}
            _ => kept.push(token),
        }
    }
    kept
}

fn skip_group<'a>(rest: &mut impl Iterator<Item = &'a str>) {
    let mut depth = 0_usize;
    for token in rest {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Splits at commas that stand in no parentheses.
pub(super) fn at_commas<'a, 'b>(tokens: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match *token {
                "(" | "{" | "[" => depth += 1,
                ")" | "}" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == ","
        })
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{at_commas, statements, tokens};

    #[test]
    fn a_declaration_ends_at_its_semicolon_or_body() {
        let words = tokens(
            "# 1 \"a\"\nextern int f(int a) __attribute__((deprecated(\"no; never\")));\n\
             static inline int g(void) { return 1; } struct s { int a; };",
        );
        let said: Vec<String> = statements(&words).iter().map(|one| one.join(" ")).collect();
        assert_eq!(
            said,
            [
                "int f ( int a )",
                "static inline int g ( void ) { return 1 ; }",
                "struct s { int a ; }"
            ]
        );
    }

    #[test]
    fn commas_inside_parentheses_do_not_split() {
        let words = [
            "int", "a", ",", "int", "(", "*", "f", ")", "(", "int", ",", "int", ")",
        ];
        assert_eq!(at_commas(&words).len(), 2);
    }
}
