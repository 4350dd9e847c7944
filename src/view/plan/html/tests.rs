use super::super::fixtures::{about, change_of_parallel, create, empty, risky, strained, topology};
use super::*;
use crate::diagnostic::{Code, Diagnostic};

fn drawn() -> About {
    About { topology: Some(topology()), ..strained() }
}

/// The tags of a page in their order, to see that each that opens closes.
fn balanced(page: &str) -> Result<(), String> {
    const VOID: [&str; 2] = ["meta", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if VOID.contains(&name) || tag.ends_with('/') {
            continue;
        }
        if !tag.starts_with('/') {
            open.push(name);
        } else if open.pop() != Some(name) {
            return Err(format!("</{name}> closes nothing, or something else"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

fn ids(page: &str) -> Vec<&str> {
    page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_page_as_it_is() {
    let page = to_html(&risky(), &drawn(), Detail::default()).replace(TOOL_VERSION, "0.0.0");
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    let page = format!("{}{}", &page[..style.start], &page[style.end..]);
    insta::assert_snapshot!(page);
}

#[test]
fn dangers_stand_above_everything_but_the_verdict() {
    let page = to_html(&risky(), &drawn(), Detail::default());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(at("class=\"verdict bad\"") < at("class=\"counts\"") && at("class=\"counts\"") < at("class=\"dangers\""));
    assert!(at("class=\"dangers\"") < at("<svg") && at("<svg") < at(">Resources</h2>"));
    assert!(page.contains("E4003</span> <b>TableDecisions</b>") && page.contains("What works instead:"));
}

#[test]
fn every_page_is_whole_has_each_id_once_and_leads_nowhere_else() {
    let all = Detail { unchanged: true, compact: false };
    for (plan, about) in [(risky(), drawn()), (change_of_parallel(), about()), (create(), drawn()), (empty(), drawn())]
    {
        for detail in [Detail::default(), all, Detail { compact: true, unchanged: false }] {
            let page = to_html(&plan, &about, detail);
            assert_eq!(balanced(&page), Ok(()), "{page}");
            let found = ids(&page);
            let once: std::collections::BTreeSet<&&str> = found.iter().collect();
            assert_eq!(once.len(), found.len(), "{found:?}");
            let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            for link in links {
                assert!(link.strip_prefix('#').is_some_and(|id| found.contains(&id)), "{link} leads nowhere");
            }
            let namespace = usize::from(about.topology.is_some());
            assert_eq!(page.matches("http").count(), namespace + 1, "only a namespace and http-equiv");
            assert!(!page.contains("<script") && !page.contains("@import") && !page.contains("url(h"), "{page}");
        }
    }
}

/// What somebody might hide in a name or a value.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "</style><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "' autofocus onfocus='alert(1)",
    "a\u{202e}b\u{2066}c\u{200f}",
    "]]> --> &amp; <!-- \u{1b}[31m",
];

#[test]
fn nothing_that_anybody_wrote_becomes_markup() {
    for hostile in HOSTILE {
        let mut plan = risky();
        plan.stack = hostile.to_owned();
        for resource in &mut plan.resources {
            resource.type_name = hostile.to_owned();
            resource.physical_id = Some(hostile.to_owned());
            for change in &mut resource.changes {
                change.before = Some(hostile.into());
                change.after = Some(serde_json::json!({ hostile: [hostile.repeat(9)] }));
            }
        }
        plan.tags =
            vec![crate::plan::TagChange { key: hostile.to_owned(), before: None, after: Some(hostile.to_owned()) }];
        let mut about = drawn();
        for name in [&mut about.pipeline, &mut about.environment, &mut about.account, &mut about.region] {
            *name = hostile.to_owned();
        }
        if let Some(graph) = &mut about.topology {
            for node in &mut graph.nodes {
                (node.id, node.label, node.detail) =
                    (format!("{} {hostile}", node.id), hostile.to_owned(), hostile.to_owned());
            }
            for edge in &mut graph.edges {
                edge.label = hostile.to_owned();
            }
        }
        let page = to_html(&plan, &about, Detail::default());
        assert_eq!(balanced(&page), Ok(()), "{hostile}");
        let content = page.split("</style>").nth(1).unwrap_or_default();
        for tag in content.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
            // Outside quotes there is no attribute of theirs.
            let bare: String = tag.split('"').step_by(2).collect();
            assert!(!bare.contains("onload") && !bare.contains("onerror") && !bare.contains("onfocus"), "{tag}");
            assert!(!tag.starts_with("script") && !tag.starts_with("img") && !tag.starts_with("!--"), "{tag}");
        }
        assert!(!page.contains("href=\"javascript") && page.matches("</style>").count() == 1, "{hostile}");
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{1b}']), "{hostile}");
    }
}

#[test]
fn a_secret_value_is_on_no_page() {
    let mut plan = change_of_parallel();
    for change in plan.resources.iter_mut().flat_map(|resource| &mut resource.changes) {
        (change.sensitive, change.before, change.after) = (true, Some("hunter2".into()), Some("hunter3".into()));
    }
    let page = to_html(&plan, &about(), Detail::default());
    assert!(page.contains("(secret)") && !page.contains("hunter"), "{page}");
}

#[test]
fn long_values_fold_and_short_ones_do_not() {
    let mut plan = change_of_parallel();
    for change in plan.resources.iter_mut().flat_map(|resource| &mut resource.changes) {
        change.after = Some(serde_json::json!({"Statement": [{"Action": "kinesis:GetRecords".repeat(6)}]}));
    }
    let page = to_html(&plan, &about(), Detail::default());
    assert!(page.contains("<td class=\"before\"><code>4</code></td>"), "{page}");
    assert!(
        page.contains("<details class=\"long\"><summary>") && page.contains("<pre>{\n  &quot;Statement&quot;"),
        "{page}"
    );
}

#[test]
fn several_plans_share_a_page_and_each_is_found_from_the_table() {
    let entry = |name: &str, outcome| Entry { pipeline: name.to_owned(), environment: "prod".to_owned(), outcome };
    let wrong = Diagnostic::error(Code::UnknownReference, "`orders` leads nowhere <b>");
    let entries = [
        entry("calm", Ok((change_of_parallel(), drawn()))),
        entry("risky", Ok((risky(), drawn()))),
        entry("same", Ok((empty(), drawn()))),
        entry("wrong", Err(wrong.into())),
    ];
    let page = many_to_html(&entries, Detail::default());
    assert_eq!(balanced(&page), Ok(()));
    let found = ids(&page);
    let once: std::collections::BTreeSet<&&str> = found.iter().collect();
    assert_eq!(once.len(), found.len(), "{found:?}");
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(found.contains(&link), "{link} leads nowhere");
    }
    assert!(
        page.contains("<details class=\"one\" id=\"p1\" open>") && page.contains("<details class=\"one\" id=\"p2\">")
    );
    assert!(page.contains("wrong in prod cannot be planned") && !page.contains("nowhere <b>"), "{page}");
}
