use super::*;
use crate::http::Method;

const GET: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
 <s:Header>
  <a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>
  <a:To>/wsman</a:To>
  <w:ResourceURI>http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_SoftwareIdentity</w:ResourceURI>
  <w:SelectorSet><w:Selector Name="InstanceID">A &amp; M</w:Selector></w:SelectorSet>
 </s:Header>
 <s:Body/>
</s:Envelope>
"#;
const PULL: &str = r#"<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Header><Action xmlns="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull</Action></Header><Body><Pull xmlns="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><EnumerationContext>7</EnumerationContext></Pull></Body></Envelope>"#;
const CHANGE: &str =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_PowerManagementService/RequestPowerStateChange";

fn query(body: &str, headers: &[(&str, &str)]) -> Result<(), String> {
    check_query(&Request {
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_owned().into(),
        ..Request::new(Method::Post, "/wsman")
    })
}

fn soap(body: &str) -> Result<(), String> {
    query(body, &[("Content-Type", "application/soap+xml;charset=UTF-8")])
}

#[test]
fn what_only_asks_passes() {
    soap(GET).unwrap();
    soap(PULL).unwrap();
    soap(&PULL.replace("Pull", "Enumerate")).unwrap();
}

#[test]
fn a_change_is_no_query_however_it_is_dressed() {
    let get = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get";
    let put = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put";
    let second = format!("<a:To>/wsman</a:To><a:Action>{CHANGE}</a:Action>");
    let invoked = format!("<s:Body><p:RequestPowerStateChange_INPUT xmlns:p=\"{CHANGE}\"/></s:Body>");
    let (to, body) = ("<a:To>/wsman</a:To>", "<s:Body/>");
    let cases = [
        GET.replace(get, CHANGE),
        GET.replace(get, put),
        GET.replace(get, ""),
        GET.replace(get, &format!("{get}<!-- -->")),
        GET.replace(get, &format!("<![CDATA[{get}]]>")),
        GET.replace(get, &format!("{get}&#32;")),
        GET.replace(get, &format!("{get} {CHANGE}")),
        GET.replace(get, &format!("{get}<b/>")),
        GET.replace(to, &second),
        GET.replace(to, &format!("<x xmlns=\"urn:x\"><Action>{CHANGE}</Action></x>")),
        GET.replace(to, "<action/>"),
        GET.replace("2004/08/addressing", "2004/08/addressin"),
        GET.replace("a:Action", "b:Action"),
        GET.replace(body, &invoked),
        GET.replace(body, "<s:Body>text</s:Body>"),
        GET.replace(body, "<s:Body/><s:Body/>"),
        GET.replace(body, ""),
        GET.replace("utf-8", "utf-16"),
        GET.replace("<s:Envelope", "<!DOCTYPE s [<!ENTITY x \"y\">]><s:Envelope"),
        GET.replace("<s:Envelope", "<?target?><s:Envelope"),
        format!("{GET}{}", GET.lines().skip(1).collect::<String>()),
        GET.replace("2003/05/soap-envelope", "2003/05/soap"),
        PULL.replace("</EnumerationContext>", "</EnumerationContext><Action/>"),
        PULL.replace("enumeration/Pull", "enumeration/Release"),
        PULL.replace("enumeration/Pull", "enumeration/Enumerate"),
        "<".repeat(10),
        String::new(),
        GET.replace(to, &"<x>".repeat(DEPTH_MAX)),
        GET.replace("/wsman", &"w".repeat(QUERY_MAX_BYTES)),
    ];
    for case in &cases {
        assert!(soap(case).is_err(), "{case}");
    }
    assert!(
        soap(&GET.replace(get, CHANGE))
            .unwrap_err()
            .contains("send it as a change")
    );
    assert!(
        check_query(&Request {
            body: vec![0xff, 0xfe].into(),
            headers: vec![("content-type".into(), MEDIA_TYPE.into())],
            ..Request::new(Method::Post, "/wsman")
        })
        .is_err()
    );
}

#[test]
fn headers_that_could_name_another_action_are_refused() {
    let typed = ("content-type", "application/soap+xml");
    query(GET, &[typed, ("Accept", "*/*")]).unwrap();
    for headers in [
        &[][..],
        &[("content-type", "text/xml")],
        &[("content-type", "application/soap+xml; action=\"x\"")],
        &[typed, typed],
        &[typed, ("SOAPAction", CHANGE)],
        &[typed, ("X-HTTP-Method-Override", "PUT")],
    ] {
        assert!(query(GET, headers).is_err(), "{headers:?}");
    }
}
