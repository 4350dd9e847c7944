//! Every entry explains what it was made from, and nothing else does.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_recorded_message_is_explained_by_its_own_entry() {
    for cause in KnownCause::all() {
        assert!(!cause.recorded.is_empty(), "{} was made from nothing", cause.id);
        for one in cause.recorded {
            let found = KnownCause::of(one.type_name, one.reason).map(|found| found.id);
            assert_eq!(found, Some(cause.id), "{}", one.reason);
            assert!(!one.source.is_empty(), "{} does not say where it was seen", cause.id);
        }
    }
}

#[test]
fn every_text_of_an_entry_can_be_what_explains_a_failure() {
    for cause in KnownCause::all() {
        for text in cause.texts {
            let type_name = cause.types.first().copied().unwrap_or("AWS::X::Y");
            let reason = text.replace('…', " and then ");
            let found = KnownCause::of(type_name, &reason).map(|found| found.id);
            assert_eq!(found, Some(cause.id), "`{text}` is explained by an earlier entry");
        }
    }
}

#[test]
fn every_code_of_an_entry_can_be_what_explains_a_failure() {
    for cause in KnownCause::all() {
        for code in cause.codes {
            let reason =
                format!("Resource handler returned message: \"…\" (RequestToken: t, HandlerErrorCode: {code})");
            let found = KnownCause::of(cause.types.first().copied().unwrap_or("AWS::X::Y"), &reason);
            assert_eq!(found.map(|found| found.id), Some(cause.id), "{code} is explained by an earlier entry");
        }
    }
}

#[test]
fn names_are_one_word_for_a_command_line_and_no_two_are_the_same() {
    let ids: BTreeSet<&str> = KnownCause::all().map(|cause| cause.id).collect();
    assert_eq!(ids.len(), KnownCause::all().count());
    assert!(ids.len() >= 25, "{}", ids.len());
    for id in ids {
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
        assert_eq!(KnownCause::parse(&id.to_uppercase()).map(|found| found.id), Some(id));
    }
}

#[test]
fn cause_and_way_out_are_sentences() {
    for cause in KnownCause::all() {
        for text in [cause.cause, cause.fix] {
            assert!(text.ends_with('.') && text.len() > 15, "{}: {text}", cause.id);
            assert!(!text.contains("  "), "{}: {text}", cause.id);
        }
    }
}

#[test]
fn what_nobody_knows_is_not_explained() {
    assert_eq!(KnownCause::of("AWS::Lambda::Function", "the moon was in the wrong house"), None);
    // The words of one service say nothing of another's.
    assert_eq!(KnownCause::of("AWS::SNS::Topic", "did not pass the ping health check"), None);
}

#[test]
fn a_code_is_read_at_the_end_of_a_reason_only() {
    assert_eq!(handler_code("\"x\" (RequestToken: t, HandlerErrorCode: NotStabilized)"), Some("NotStabilized"));
    assert_eq!(handler_code("HandlerErrorCode: "), Some(""));
    assert_eq!(handler_code("nothing"), None);
}

#[test]
fn parts_follow_each_other() {
    assert!(holds("the first and the second", "first…second"));
    assert!(!holds("the second and the first", "first…second"));
}

proptest::proptest! {
    #[test]
    fn no_text_panics(reason in ".{0,80}", type_name in ".{0,20}") {
        let _ = KnownCause::of(&type_name, &reason);
    }
}
