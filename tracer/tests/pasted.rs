//! Logs as people hand them on: quoted, numbered, escaped, wrapped, exported. Each is explained as the plain log is.

#[path = "pasted/forms.rs"]
mod forms;

use forms::{csv, each, json, logs, same, time, wrapped};
use vgputrace::discover::log;
use vgputrace::source::screen;

#[test]
fn escaped_for_html() {
    let escape = |plain: &str, quote: &str| {
        plain
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', quote)
    };
    for quote in ["&quot;", "&#34;", "&#x22;"] {
        same(|plain| escape(plain, quote));
    }
    same(|plain| format!("<pre><code>{}</code></pre>\n", escape(plain, "&quot;")));
    same(|plain| each(&escape(plain, "&quot;"), |_, line| format!("{line}<br>")));
}

#[test]
fn with_the_quotes_of_a_word_processor() {
    let around = |plain: &str, open: char, close: char| {
        each(plain, |_, line| {
            let mut opened = false;
            let turn = |letter| match letter {
                '"' => {
                    opened = !opened;
                    if opened { open } else { close }
                }
                other => other,
            };
            line.chars().map(turn).collect()
        })
    };
    for (open, close) in [('“', '”'), ('„', '“'), ('«', '»'), ('”', '”')] {
        same(|plain| around(plain, open, close));
    }
    same(|plain| plain.replace('\'', "’"));
}

#[test]
fn with_spaces_that_do_not_break() {
    same(|plain| plain.replace(' ', "\u{a0}"));
    same(|plain| plain.replace(' ', "&nbsp;").replace('"', "&quot;"));
    same(|plain| each(plain, |_, line| format!("\u{200b}{line}\u{200b}")));
}

#[test]
fn quoted_and_fenced() {
    same(|plain| each(plain, |_, line| format!("> {line}")));
    same(|plain| each(plain, |_, line| format!("> > {line}")));
    same(|plain| format!("Here is my log:\n\n```text\n{plain}```\nCan you help?\n"));
    same(|plain| {
        format!(
            "1. so:\n\n   ```\n{}   ```\n",
            each(plain, |_, line| format!("   {line}"))
        )
    });
    same(|plain| {
        format!(
            "> ```\n{}> ```\n",
            each(plain, |_, line| format!("> {line}"))
        )
    });
    same(|plain| each(plain, |_, line| format!("    {line}")));
    same(|plain| each(plain, |_, line| format!("\t{line}")));
    same(|plain| each(plain, |_, line| format!("`{line}`")));
}

#[test]
fn in_colours() {
    same(|plain| each(plain, |_, line| format!("\x1b[2m{line}\x1b[0m")));
    same(|plain| {
        plain
            .replace("level=INFO", "level=\x1b[32mINFO\x1b[0m")
            .replace("msg=", "\x1b[36mmsg=\x1b[0m")
    });
}

#[test]
fn with_numbers_in_front() {
    same(|plain| each(plain, |number, line| format!("{number}:{line}")));
    same(|plain| each(plain, |number, line| format!("{number:6}\t{line}")));
    same(|plain| each(plain, |number, line| format!("{number:>4} | {line}")));
    same(|plain| each(plain, |number, line| format!("{number} {line}")));
    same(|plain| each(plain, |number, line| format!("server.log:{number}: {line}")));
    same(|plain| each(plain, |number, line| format!("L{number}: {line}")));
}

#[test]
fn with_the_prefixes_of_container_engines() {
    same(|plain| each(plain, |_, line| format!("ollama-1  | {line}")));
    same(|plain| each(plain, |_, line| format!("ollama  | {line}")));
    same(|plain| {
        each(plain, |number, line| {
            format!("ollama-1  | {}.885123456Z {line}", time(number))
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!("{}.885123456Z {line}", time(number))
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!("{}.885123456+01:00 {line}", time(number))
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!("[pod/ollama-0/ollama] {}Z {line}", time(number))
        })
    });
    same(|plain| {
        each(plain, |_, line| {
            format!("ollama-6d4cf56db6-x2v9k ollama {line}")
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!("ollama-6d4cf56db6-x2v9k ollama {}Z {line}", time(number))
        })
    });
}

#[test]
fn out_of_the_journal() {
    same(|plain| {
        each(plain, |number, line| {
            format!(
                "Nov 21 10:{:02}:{:02} gpu-box ollama[812]: {line}",
                number / 60 % 60,
                number % 60
            )
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!("{}+0100 gpu-box ollama[812]: {line}", time(number))
        })
    });
    same(|plain| {
        each(plain, |_, line| {
            serde_json::json!({"_PID": "812", "MESSAGE": line, "_HOSTNAME": "box"}).to_string()
        })
    });
    same(|plain| {
        each(plain, |_, line| {
            format!(
                "{{\n\t\"_PID\" : \"812\",\n\t\"MESSAGE\" : {},\n\t\"_HOSTNAME\" : \"box\"\n}}",
                json(line)
            )
        })
    });
    same(|plain| {
        each(plain, |_, line| {
            format!("__CURSOR=s=1\n_PID=812\nMESSAGE={line}\n_COMM=ollama\n")
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            format!(
                "Fri {} CET [s=1;i=2]\n    _PID=812\n    MESSAGE={line}\n    _COMM=ollama",
                time(number).replace('T', " ")
            )
        })
    });
}

#[test]
fn as_lines_of_json() {
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "time": time(number)}).to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"labels": {"app": "ollama"}, "line": line, "timestamp": time(number)}).to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"id": "A", "attributes": {"message": line, "service": "ollama", "timestamp": time(number)}}).to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"insertId": "1", "textPayload": line, "timestamp": time(number)})
                .to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"preview": false, "result": {"_raw": line, "_time": time(number)}})
                .to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"_source": {"@timestamp": time(number), "message": line}})
                .to_string()
        })
    });
    same(|plain| {
        each(plain, |number, line| {
            serde_json::json!({"body": line, "observedTime": time(number)}).to_string()
        })
    });
}

#[test]
fn as_one_array_of_json() {
    let all = |plain: &str, one: &dyn Fn(usize, &str) -> serde_json::Value| -> serde_json::Value {
        plain
            .lines()
            .enumerate()
            .map(|(number, line)| one(number, line))
            .collect()
    };
    let grafana = |number: usize, line: &str| serde_json::json!({"line": line, "timestamp": "1", "date": time(number), "fields": {"app": "ollama"}});
    let cloud_watch = |_: usize, line: &str| serde_json::json!({"timestamp": 1, "message": line, "ingestionTime": 2});
    same(|plain| all(plain, &grafana).to_string());
    same(|plain| serde_json::to_string_pretty(&all(plain, &grafana)).expect("JSON"));
    same(|plain| serde_json::json!({"events": all(plain, &cloud_watch)}).to_string());
    same(|plain| {
        serde_json::to_string_pretty(&serde_json::json!({"events": all(plain, &cloud_watch)}))
            .expect("JSON")
    });
    // What Loki itself answers.
    let loki = |number: usize, line: &str| serde_json::json!([number.to_string(), line]);
    same(|plain| {
        serde_json::json!({"status": "success", "data": {"resultType": "streams", "result": [
            {"stream": {"app": "ollama"}, "values": all(plain, &loki)}]}})
        .to_string()
    });
}

#[test]
fn as_a_table() {
    let table = |plain: &str, head: &str, row: &dyn Fn(usize, &str) -> String| {
        format!("{head}\n{}", each(plain, row))
    };
    same(|plain| {
        table(plain, "Date,Host,Service,Message", &|number, line| {
            format!("{}Z,box,ollama,{}", time(number), csv(line))
        })
    });
    same(|plain| {
        table(
            plain,
            "\"Date\",\"Host\",\"Service\",\"Message\"",
            &|number, line| format!("\"{}Z\",\"box\",\"ollama\",{}", time(number), csv(line)),
        )
    });
    same(|plain| {
        table(plain, "timestamp,message", &|number, line| {
            format!("{number},{}", csv(line))
        })
    });
    same(|plain| {
        table(plain, "Time,Line,tsNs,labels,id", &|number, line| {
            format!(
                "{},{},{number},\"{{\"\"app\"\":\"\"ollama\"\"}}\",7_{number}",
                time(number),
                csv(line)
            )
        })
    });
    same(|plain| {
        table(plain, "timestamp\tmessage", &|number, line| {
            format!("{}Z\t{line}", time(number))
        })
    });
    same(|plain| {
        table(plain, "date;message", &|number, line| {
            format!("{}Z;{}", time(number), csv(line))
        })
    });
}

#[test]
fn wrapped_where_a_terminal_ends() {
    same(|plain| wrapped(plain, 80, false, ""));
    same(|plain| wrapped(plain, 120, false, ""));
}

#[test]
fn that_lines_were_broken_is_said() {
    for (name, plain) in logs() {
        let says = |text: &str| {
            let model = log::read(text.as_bytes(), screen::text).expect("memory can be read");
            model
                .notes
                .iter()
                .any(|note| note.contains("broken at 80 columns"))
        };
        assert!(!says(&plain), "{name}");
        assert!(says(&wrapped(&plain, 80, false, "")), "{name}");
    }
}

#[test]
fn wrapped_between_words() {
    same(|plain| wrapped(plain, 80, true, ""));
    same(|plain| wrapped(plain, 80, true, "  "));
    same(|plain| each(&wrapped(plain, 78, true, ""), |_, line| format!("> {line}")));
}
