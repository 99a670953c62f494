use super::{Document, Language, Node, Report, Value};

fn parse(language: Language, text: &str) -> Result<Document, Report> {
    Document::parse("file", text.to_owned(), language)
}

/// Every scalar and key with its place, in the order of the text.
fn places(document: &Document) -> Vec<String> {
    fn walk(node: &Node, out: &mut Vec<(usize, String)>) {
        match &node.value {
            Value::List(items) => {
                out.push((node.at, "[".into()));
                for item in items {
                    walk(item, out);
                }
            }
            Value::Table(entries) => {
                for entry in entries {
                    out.push((entry.at, entry.key.clone()));
                    walk(&entry.node, out);
                }
            }
            Value::Text(text) => out.push((node.at, format!("{text:?}"))),
            Value::Integer(integer) => out.push((node.at, integer.to_string())),
            Value::Boolean(boolean) => out.push((node.at, boolean.to_string())),
            Value::Other(kind) => out.push((node.at, (*kind).into())),
        }
    }
    let mut out = Vec::new();
    walk(&document.root, &mut out);
    out.sort_by_key(|(at, _)| *at);
    out.into_iter()
        .map(|(at, text)| format!("{} {text}", document.position(at)))
        .collect()
}

#[test]
fn json_values_know_their_place() {
    let text = "{ \"a\" :  1,\n \"b\": [ [true], \"x\\ny\"\n, null, 1.5],\"ü\":\"ü\", \"c\":{\"d\":-7}}";
    let document = parse(Language::Json, text).unwrap();
    insta::assert_snapshot!(places(&document).join("\n"), @r#"
    1:3 a
    1:10 1
    2:2 b
    2:7 [
    2:9 [
    2:10 true
    2:17 "x\ny"
    3:3 null
    3:9 a fraction
    3:14 ü
    3:18 "ü"
    3:23 c
    3:28 d
    3:32 -7
    "#);
}

#[test]
fn toml_values_know_their_place() {
    let text = "a = 1\n[b]\nc = { d = 0x10 }\n[[e]]\n  f = [true, 1.5]\n[[e]]\n\"g h\" = 1979-05-27\n";
    let document = parse(Language::Toml, text).unwrap();
    insta::assert_snapshot!(places(&document).join("\n"), @r"
    1:1 a
    1:5 1
    2:2 b
    3:1 c
    3:7 d
    3:11 16
    4:1 [
    4:3 e
    5:3 f
    5:7 [
    5:8 true
    5:14 a fraction
    7:1 g h
    7:9 a date or time
    ");
}

#[test]
fn syntax_errors_name_their_place() {
    let toml = parse(Language::Toml, "a = \nb = 1\nb = 2\n[c\n").unwrap_err();
    insta::assert_snapshot!(toml, @r#"
    file:1:5: string values must be quoted, expected literal string
    file:3:1: duplicate key
    file:4:3: unclosed table, expected `]`
    "#);
    let json = parse(Language::Json, "{\n \"a\": 1,\n \"b\" 2\n}").unwrap_err();
    insta::assert_snapshot!(json, @"file:3:6: expected `:`");
    let repeated = parse(
        Language::Json,
        "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2},\n \"a\": 2}",
    )
    .unwrap_err();
    insta::assert_snapshot!(repeated, @r#"
    file:2:16: the key `c` is given twice
    file:3:2: the key `a` is given twice
    "#);
    for text in ["", "{", "[1,", "{} x", "\"\\ud800\""] {
        assert!(parse(Language::Json, text).is_err(), "{text}");
    }
}

#[test]
fn a_deep_nest_is_an_error_and_no_crash() {
    assert!(parse(Language::Json, &"[".repeat(100_000)).is_err());
    assert!(parse(Language::Toml, &format!("a = {}", "[".repeat(100_000))).is_err());
}

#[test]
fn a_report_is_capped() {
    let lines: Vec<String> = (0..150).map(|n| format!("k{n} =\n")).collect();
    let report = parse(Language::Toml, &lines.concat()).unwrap_err();
    assert_eq!((report.problems.len(), report.more), (100, 50));
    assert!(
        report
            .to_string()
            .ends_with("file: 50 more problems are not shown")
    );
}
