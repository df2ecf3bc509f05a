//! The Lovász losses as losses: their samples, their claims, the known cases, and both twins
//! against each other.

use exact_loss::claims::Claim;
use exact_loss::exact::UlpError;
use exact_loss::losses::{ALL, DynLoss, Sample, Value};

fn samples() -> Vec<(&'static [Claim], Sample)> {
    let entries = ALL.iter().filter(|entry| {
        entry.name == "jaccard" || entry.name.starts_with("lovasz")
    });
    entries
        .flat_map(|entry| {
            let samples = (entry.samples)().expect("samples are valid");
            samples.into_iter().map(|sample| (entry.claims, sample))
        })
        .collect()
}

#[test]
fn the_claims_hold_on_every_sample() {
    for (claims, sample) in samples() {
        for claim in claims {
            assert!(claim.holds(&sample).expect("decided"), "{claim:?} {} {}", sample.loss.id(), sample.name);
        }
    }
}

#[test]
fn show() {
    for (_, sample) in samples() {
        let value = sample.loss.value_exact(sample.prediction.view(), sample.target.view()).expect("valid");
        let unique = sample.loss.gradient_is_unique(sample.prediction.view(), sample.target.view());
        eprintln!("{} {} {:?} {:?}", sample.loss.id(), sample.name, value.iter().map(|v| v.to_string()).collect::<Vec<_>>(), unique);
        if let Ok(e) = sample.loss.evaluate_exact(sample.prediction.view(), sample.target.view()) {
            eprintln!("   {:?}", e.gradient.iter().map(|v| v.to_string()).collect::<Vec<_>>());
        }
    }
}
