//! Answers cases with the losses of candle.

use std::error::Error;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::loss;
use cases::{answer_all, dtype, has_only, numbers, said, shape};
use serde_json::Value;

fn answer(case: &Value) -> Result<Option<Value>, Box<dyn Error>> {
    let inputs = &case["inputs"];
    let Some(dtype) = dtype(case, DType::F32, DType::F64) else {
        return Ok(None);
    };
    if inputs["logits"].is_null() || !has_only(case, &[]) {
        return Ok(None);
    }
    let tensor = |value: &Value| {
        Tensor::from_vec(numbers(value), shape(value), &Device::Cpu)?.to_dtype(dtype)
    };
    let x = Var::from_tensor(&tensor(&inputs["logits"])?)?;
    let value = match case["loss"].as_str() {
        Some("cross_entropy") if inputs["targets"].is_null() => {
            let labels = numbers(&inputs["labels"]).into_iter().map(|y| y as u32);
            let labels = Tensor::new(labels.collect::<Vec<_>>(), &Device::Cpu)?;
            loss::cross_entropy(&x, &labels)?
        }
        Some("binary_cross_entropy") => {
            loss::binary_cross_entropy_with_logit(&x, &tensor(&inputs["targets"])?)?
        }
        _ => return Ok(None),
    };
    let gradients = value.backward()?;
    let gradient = gradients
        .get(&x)
        .ok_or("there is no gradient")?
        .flatten_all()?;
    let gradient = gradient.to_dtype(DType::F64)?.to_vec1::<f64>()?;
    let value = value.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    Ok(Some(said(value, gradient, &inputs["logits"])))
}

fn main() -> Result<(), Box<dyn Error>> {
    answer_all(answer)
}
