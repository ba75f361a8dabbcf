//! The rules over thousands of real PCs, where the corpus is at hand.

use jiff::civil::date;
use rules::assess::{Outcome, Role, assess_lean};
use rules::facts::Facts;
use rules::lifecycle::Lifecycle;
use rules::ruleset::shipped;
use serde::Deserialize;
use serde_json::json;

/// One line of `office-pcs.jsonl`, as far as it is asked here.
#[derive(Deserialize)]
struct Pc {
    product: Option<String>,
    cpu: Cpu,
}

#[derive(Deserialize)]
struct Cpu {
    name: Option<String>,
    vendor: Option<String>,
    family: Option<i64>,
    model: Option<i64>,
    stepping: Option<i64>,
}

impl Pc {
    /// What an agent on such a PC with Windows would report of its processor. Nobody recorded the registry.
    fn facts(&self) -> Facts {
        let vendor = self.cpu.vendor.as_deref().unwrap_or_default();
        let has = |part: &str| vendor.contains(part);
        let maker = if has("Intel") {
            Some("GenuineIntel")
        } else if has("AMD") || has("Advanced Micro Devices") {
            Some("AuthenticAMD")
        } else {
            None
        };
        let answer = |number: Option<i64>| number.map_or(json!({ "unknown": "not_asked" }), |it| json!(it));
        let facts = json!({
            "os": { "platform": "windows" },
            "board": { "model": self.product.as_deref().unwrap_or_default() },
            "cpu": {
                "architecture": "x86_64",
                "name": self.cpu.name,
                "maker": maker.map_or(json!({ "unknown": "not_asked" }), |maker| json!(maker)),
                "family": answer(self.cpu.family),
                "model": answer(self.cpu.model),
                "stepping": answer(self.cpu.stepping),
                "platform": null,
            },
        });
        serde_json::from_value(facts).unwrap()
    }
}

/// The figures stand in the corpus' own README.
#[test]
fn the_processors_of_8000_office_pcs() {
    let corpus = std::env::var("SANSANG_CORPUS");
    let Ok(corpus) = corpus else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs SANSANG_CORPUS");
        println!("skipped: SANSANG_CORPUS does not name the folder of the corpus");
        return;
    };
    let lines = std::fs::read_to_string(format!("{corpus}/office-pcs.jsonl")).unwrap();
    let set = shipped().into_iter().find(|set| set.id == "windows-11").unwrap();
    let processor = set.rules.iter().position(|rule| rule.id == "win11-processor").unwrap();
    let lifecycle = Lifecycle::shipped();
    let (mut pass, mut fail, mut unknown) = (0, 0, 0);
    for line in lines.lines() {
        let pc: Pc = serde_json::from_str(line).unwrap();
        let judgement =
            assess_lean(&pc.facts(), &set, &lifecycle, Role::Officer, date(2026, 11, 22), set.defaults());
        match judgement.rulings[processor].outcome {
            Outcome::Pass => pass += 1,
            Outcome::Fail => fail += 1,
            Outcome::Unknown => unknown += 1,
            other => panic!("{other:?} of {line}"),
        }
    }
    assert_eq!((pass, fail, unknown), (1744, 5826, 430));
}
