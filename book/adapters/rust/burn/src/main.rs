//! Answers cases with the losses of Burn.

use std::error::Error;
use std::panic::catch_unwind;
use std::sync::OnceLock;

use burn::nn::loss;
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use cases::{answer_all, dtype, has_only, numbers, prediction, said, shape};
use serde_json::Value;

fn answer(case: &Value) -> Result<Option<Value>, Box<dyn Error>> {
    let (name, space) = prediction(case);
    let (is_logits, inputs) = (name == "logits", &case["inputs"]);
    let Some(float) = dtype(case, FloatDType::F32, FloatDType::F64) else {
        return Ok(None);
    };
    let Some(device) = device(float)? else {
        return Ok(None);
    };
    let classes = *shape(space).last().unwrap_or(&1);
    let rows = [numbers(space).len() / classes.max(1), classes];
    let data = |values: &Value| TensorData::new(numbers(values), rows);
    let x: Tensor<2> = Tensor::from_data(data(space), &device).require_grad();
    let value = match case["loss"].as_str() {
        Some("cross_entropy") if inputs["targets"].is_null() && has_only(case, &[]) => {
            let labels = TensorData::new(numbers(&inputs["labels"]), [rows[0]]);
            let labels: Tensor<1, Int> = Tensor::from_data(labels, &device);
            let loss = loss::CrossEntropyLossConfig::new().with_logits(is_logits);
            loss.init(&device).forward(x.clone(), labels)
        }
        Some("binary_cross_entropy") if is_hard(&inputs["targets"]) && has_only(case, &[]) => {
            let targets: Tensor<2, Int> = Tensor::from_data(data(&inputs["targets"]), &device);
            let loss = loss::BinaryCrossEntropyLossConfig::new().with_logits(is_logits);
            loss.init(&device).forward(x.clone(), targets)
        }
        Some("kl_divergence") if !is_logits && has_only(case, &[]) => {
            let targets = Tensor::from_data(data(&inputs["targets"]), &device);
            let loss = loss::KLDivLossConfig::new().init();
            loss.forward(x.clone().log(), targets, loss::Reduction::BatchMean)
        }
        _ => return Ok(None),
    };
    let floats = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
    let gradients = value.backward();
    let gradient = x.grad(&gradients).ok_or("there is no gradient")?;
    let value = floats(value.into_data())[0];
    Ok(Some(said(value, floats(gradient.into_data()), space)))
}

/// Tensors have the type that the device is configured for, and that is done only once: by the first
/// case. Cases of another type have no device.
fn device(float: FloatDType) -> Result<Option<Device>, Box<dyn Error>> {
    static CONFIGURED: OnceLock<FloatDType> = OnceLock::new();
    #[expect(deprecated, reason = "0.22 is the first release that prefers another")]
    let mut device = Device::ndarray();
    if CONFIGURED.set(float).is_ok() {
        device.configure(float)?;
    }
    let is_of_it = CONFIGURED.get() == Some(&float);
    Ok(is_of_it.then(|| device.autodiff()))
}

/// Burn takes integers as targets.
fn is_hard(targets: &Value) -> bool {
    numbers(targets).iter().all(|y| *y == y.round())
}

fn main() -> Result<(), Box<dyn Error>> {
    // What it refuses, such as an empty batch, ends in a panic.
    answer_all(|case| catch_unwind(|| answer(case)).unwrap_or_else(|_| Err("a panic".into())))
}
