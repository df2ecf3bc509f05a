//! Answers cases with the losses of Burn.

use std::error::Error;

use burn::nn::loss::{
    BinaryCrossEntropyLossConfig, CrossEntropyLossConfig, KLDivLossConfig, Reduction,
};
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use cases::{answer_all, has_only, numbers, said, shape};
use serde_json::Value;

fn answer(case: &Value) -> Result<Option<Value>, Box<dyn Error>> {
    let (inputs, params) = (&case["inputs"], &case["params"]);
    let is_single = match case["dtype"].as_str() {
        Some("f32") => true,
        Some("f64") => false,
        _ => return Ok(None),
    };
    let mut device = Device::ndarray();
    device.configure(if is_single { FloatDType::F32 } else { FloatDType::F64 })?;
    let device = device.autodiff();
    let name = if inputs["logits"].is_null() { "probabilities" } else { "logits" };
    let (space, sizes) = (&inputs[name], shape(&inputs[name]));
    let rows = [sizes.iter().product::<usize>() / sizes.last().unwrap_or(&1), *sizes.last().unwrap_or(&1)];
    let tensor = |value: &Value| -> Tensor<2> {
        let (numbers, single) = (numbers(value), |x: &f64| *x as f32);
        Tensor::from_data(if is_single {
            TensorData::new(numbers.iter().map(single).collect(), rows)
        } else {
            TensorData::new(numbers, rows)
        }, &device)
    };
    let whole = |value: &Value| numbers(value).into_iter().map(|y| y as i64).collect::<Vec<_>>();
    let x = tensor(space).require_grad();
    let value = match case["loss"].as_str() {
        Some("cross_entropy") if inputs["targets"].is_null() && has_only(case, &["weights", "label_smoothing"]) => {
            let weights = params.get("weights").map(|w| numbers(w).iter().map(|w| *w as f32).collect());
            let smoothing = params.get("label_smoothing").and_then(Value::as_f64).filter(|s| *s > 0.0);
            let labels: Tensor<1, Int> = Tensor::from_data(TensorData::new(whole(&inputs["labels"]), [rows[0]]), &device);
            CrossEntropyLossConfig::new().with_logits(name == "logits").with_weights(weights)
                .with_smoothing(smoothing.map(|s| s as f32)).init(&device).forward(x.clone(), labels)
        }
        Some("binary_cross_entropy") if has_only(case, &[]) && numbers(&inputs["targets"]).iter().all(|y| *y == y.round()) => {
            let targets: Tensor<2, Int> = Tensor::from_data(TensorData::new(whole(&inputs["targets"]), rows), &device);
            BinaryCrossEntropyLossConfig::new().with_logits(name == "logits").init(&device).forward(x.clone(), targets)
        }
        Some("kl_divergence") if has_only(case, &[]) && name == "probabilities" => {
            KLDivLossConfig::new().init().forward(x.clone().log(), tensor(&inputs["targets"]), Reduction::BatchMean)
        }
        _ => return Ok(None),
    };
    let floats = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
    let gradients = value.backward();
    let gradient = floats(x.grad(&gradients).ok_or("there is no gradient")?.into_data());
    Ok(Some(said(floats(value.into_data())[0], gradient, space)))
}

fn main() -> Result<(), Box<dyn Error>> {
    answer_all(answer)
}
