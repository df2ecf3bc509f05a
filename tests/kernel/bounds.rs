//! The bounds of the kernels that the tests hold them to, in one table. Each is at most what the module's
//! documentation derives or states, and at most twice what the tests see.

/// (what, largest error: in ulps, or relative for the pairs).
pub(super) const BOUNDS: &[(&str, f64)] = &[
    ("exp f64", 0.54),
    ("exp f32", 0.5001),
    ("exp_m1 f64", 0.6),
    ("exp_m1 f32", 0.5001),
    ("ln f64", 0.55),
    ("ln f32", 0.5001),
    ("ln_1p f64", 0.55),
    ("ln_1p f32", 0.5001),
    ("softplus f64", 0.66),
    ("softplus f32", 0.5001),
    ("log_sigmoid f64", 0.66),
    ("sigmoid f64", 0.66),
    ("sigmoid f32", 0.5001),
    ("exp pair", 4.1e-18),
    ("exp_m1 pair", 1.2e-17),
    ("ln pair", TWO_POW_MINUS_57),
    ("ln_1p pair", 5.8e-18),
    ("softplus pair", 5.0e-18),
    ("sigmoid pair", 4.9e-18),
    ("surprisal f64", 0.6),
    ("surprisal f32", 0.5001),
    ("expected surprisal f64", 0.6),
    ("expected surprisal f32", 0.5001),
    ("label gradient f64", 1.6),
    ("label gradient f32", 0.501),
    ("target gradient f64, over 1 ulp + 2⁻⁵⁵(pΣt + t)", 0.8),
    ("batch surprisal f64", 2.0),
    ("batch surprisal f32", 2.0),
    ("batch gradient f64", 3.0),
    ("batch gradient f32", 3.0),
    ("lanes exp_ordinary f64", 1.6),
    ("lanes exp_ordinary f32", 1.6),
    ("lanes exp_nonpositive f64", 1.6),
    ("lanes exp_nonpositive f32", 1.6),
    ("lanes ln_positive f64", 1.2),
    ("lanes ln_positive f32", 1.2),
    ("lanes ln_complement f64", 1.2),
    ("lanes ln_complement f32", 1.2),
    ("lanes softplus f64", 2.5),
    ("lanes softplus f32", 2.5),
    ("lanes sigmoid f64", 2.5),
    ("lanes sigmoid f32", 3.0),
];

const TWO_POW_MINUS_57: f64 = 6.938_893_903_907_228e-18;

/// The bound of a kernel.
pub(super) fn bound(name: &str) -> f64 {
    let row = BOUNDS.iter().find(|(what, _)| *what == name);
    row.unwrap_or_else(|| panic!("no bound for {name}")).1
}
