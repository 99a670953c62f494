use serde_json::json;

use super::*;

fn syntax_error(body: &str) -> String {
    parse(body.as_bytes()).map_or_else(|error| error.to_string(), |value| format!("read as {value}"))
}

#[test]
fn syntax_errors_are_those_of_go() {
    let texts = [
        ("", "unexpected end of JSON input"),
        ("  ", "unexpected end of JSON input"),
        ("banana", "invalid character 'b' looking for beginning of value"),
        ("{", "unexpected end of JSON input"),
        ("{\"a\":1", "unexpected end of JSON input"),
        (
            "{a:1}",
            "invalid character 'a' looking for beginning of object key string",
        ),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        ("{\"a\":}", "invalid character '}' looking for beginning of value"),
        (
            "{\"a\":1 \"b\":2}",
            "invalid character '\"' after object key:value pair",
        ),
        (
            "{\"a\":1,}",
            "invalid character '}' looking for beginning of object key string",
        ),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("tru ", "invalid character ' ' in literal true (expecting 'e')"),
        ("nule", "invalid character 'e' in literal null (expecting 'l')"),
        ("-a", "invalid character 'a' in numeric literal"),
        (
            "1.x",
            "invalid character 'x' after decimal point in numeric literal",
        ),
        ("1e+x", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ("\"a\nb\"", "invalid character '\\n' in string literal"),
        ("\"\\x\"", "invalid character 'x' in string escape code"),
        (
            "\"\\u12g4\"",
            "invalid character 'g' in \\u hexadecimal character escape",
        ),
        ("'a'", "invalid character '\\'' looking for beginning of value"),
        ("ä", "invalid character 'Ã' looking for beginning of value"),
    ];
    for (body, text) in texts {
        assert_eq!(syntax_error(body), text, "{body:?}");
    }
    assert_eq!(syntax_error(&"[".repeat(400)), "unexpected end of JSON input");
    assert_eq!(
        syntax_error(&format!("{}{}", "[".repeat(400), "]".repeat(400))),
        "exceeded max depth"
    );
}

#[test]
fn fields_are_found_in_any_letter_case_and_null_is_absent() {
    let body = json!({"OPERATION": "on", "taskDeadlineMinutes": null, "extra": [1]});
    let record = Record::body(&body, "TransitionParameter", "model.TransitionParameter").unwrap();
    assert_eq!(record.text("operation").unwrap(), "on");
    assert_eq!(record.integer("taskDeadlineMinutes").unwrap(), None);
    assert_eq!(record.texts("location").unwrap(), Vec::<String>::new());
    let nothing = Record::body(&Value::Null, "TransitionParameter", "model.TransitionParameter").unwrap();
    assert_eq!(nothing.text("operation").unwrap(), "");
}

#[test]
fn type_errors_are_those_of_go() {
    let body = json!({"operation": 1, "taskDeadlineMinutes": 1.5, "xname": ["a", null, 2], "location": [{"xname": true}, {}], "list": "a"});
    let record = Record::body(&body, "TransitionParameter", "model.TransitionParameter").unwrap();
    assert_eq!(
        record.text("operation").unwrap_err().to_string(),
        "json: cannot unmarshal number into Go struct field TransitionParameter.operation of type string"
    );
    assert_eq!(
        record.integer("taskDeadlineMinutes").unwrap_err().to_string(),
        "json: cannot unmarshal number 1.5 into Go struct field TransitionParameter.taskDeadlineMinutes of type int"
    );
    assert_eq!(
        record.integer("operation").map_err(|error| error.to_string()),
        Ok(Some(1)),
    );
    assert_eq!(
        record.texts("xname").unwrap_err().to_string(),
        "json: cannot unmarshal number into Go struct field TransitionParameter.xname of type string"
    );
    assert_eq!(
        record.texts("list").unwrap_err().to_string(),
        "json: cannot unmarshal string into Go struct field TransitionParameter.list of type []string"
    );
    let inner = record
        .records(
            "location",
            "LocationParameter",
            "model.LocationParameter",
            "[]model.LocationParameter",
        )
        .unwrap();
    assert_eq!(
        inner[0].text("xname").unwrap_err().to_string(),
        "json: cannot unmarshal bool into Go struct field LocationParameter.location.xname of type string"
    );
    assert_eq!(
        Record::body(&json!([]), "TransitionParameter", "model.TransitionParameter")
            .unwrap_err()
            .to_string(),
        "json: cannot unmarshal array into Go value of type model.TransitionParameter"
    );
}
