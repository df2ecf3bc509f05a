//! The faults that are planted, each what a program does wrong. Which loss has which is said in `table`,
//! and how each is done, in the programs.

/// What a program does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bug {
    /// Exponentiates the logits as they are, which overflows.
    NoMaxShift,
    /// Subtracts the logit from a logsumexp that has absorbed ln K.
    LogSumExpMinusLogit,
    /// Takes the logarithm of the softmax, in two steps.
    LogOfSoftmax,
    /// Computes 1 − p by a subtraction.
    OneMinus,
    /// Takes the softmax over the batch.
    SoftmaxOfColumns,
    /// Takes log2 for ln.
    BitsForNats,
    /// Keeps probabilities in [1e-7, 1 − 1e-7].
    Clip,
    /// Multiplies 0 by ln 0.
    ZeroTimesInfinity,
    /// Counts labels from 1.
    LabelOffByOne,
    /// Spreads ε over the K − 1 other classes.
    SmoothingOverOthers,
    /// Divides a weighted mean by the number of rows.
    WeightsOverCount,
    /// Counts ignored rows in the mean.
    IgnoredCounted,
    /// Takes an ignored label for class 0.
    IgnoredAsClass0,
    /// Multiplies ignored rows by 0, also where they hold NaN.
    IgnoredRead,
    /// Gives the sum for the mean.
    SumForMean,
    /// Adds up in single precision.
    SingleAccumulation,
    /// Gives minus the gradient.
    GradientSign,
    /// Does not divide the gradient of the mean.
    GradientOfSum,
    /// Gives the gradient by probabilities for that by logits.
    GradientOfProbabilities,
    /// Leaves the minus sign out.
    ValueSign,
    /// Differentiates p·ln p to ln p.
    GradientWithoutOne,
    /// Gives D(p‖q) for D(q‖p).
    ArgumentsExchanged,
    /// Divides by the number of elements, not of rows.
    MeanOverElements,
    /// Leaves − q + p out of the generalized divergence.
    PlainForGeneralized,
    /// Adds 1e-8 in the logarithms.
    EpsilonInLogarithm,
    /// Flushes subnormal probabilities to 0.
    SubnormalFlush,
    /// Gives the gradient by the target.
    GradientOfTarget,
    /// Takes the logarithm of a sigmoid, which may have become 0.
    SigmoidThenLogarithm,
    /// Computes ln(1 + exp(x)) as it stands.
    NaiveSoftplus,
    /// Keeps logarithms above −100.
    LogarithmFloor,
    /// Gives both outcomes the positive weight.
    PositiveWeightOnBoth,
    /// Gives the positive weight to the outcome 0.
    PositiveWeightOnNegative,
    /// Divides a weighted mean by the weights.
    WeightsInMean,
    /// Takes soft targets for labels.
    TargetsThresholded,
    /// Gives σ(x) for the gradient σ(x) − y.
    GradientOfPositive,
    /// Divides the gradient by at least 1e-12.
    GradientFloor,
    /// Gives α to the outcome 0 and 1 − α to the outcome 1.
    AlphaExchanged,
    /// Gives both outcomes the weight α.
    AlphaForAll,
    /// Gives the outcome 1 the weight α/(1 − α) and the outcome 0 none.
    PositiveWeightOnly,
    /// Computes α from n/m, which is infinite without a positive.
    WeightsFromOdds,
    /// Takes p_t^γ for (1 − p_t)^γ.
    FocusOnTarget,
    /// Multiplies (1 − p_t)^(γ−1) = ∞ by ln p_t = 0 in the gradient.
    PowerAtCertainty,
    /// Takes (1 − p_t)^γ for a constant in the gradient.
    GradientWithoutFocus,
    /// Takes α = 1/4 where none is given.
    AlphaByDefault,
    /// Takes γ = 2 whatever is given.
    GammaFixed,
    /// Takes soft targets of rows for labels.
    TargetsAsLabels,
    /// Adds up both sets for their union.
    UnionWithoutOverlap,
    /// Gives the Dice loss, 1 − F1.
    Dice,
    /// Gives a class without pixels the loss 1.
    EmptyIsOne,
    /// Divides 0 by 0 for a class without pixels.
    EmptyIsNan,
    /// Adds 1 to both counts.
    Smoothed,
    /// Averages over classes that no pixel has.
    AbsentClassesCounted,
    /// Takes the images of a batch together.
    ImagesTogether,
    /// Takes the errors in the order of the pixels.
    Unsorted,
    /// Sorts the errors from the least one.
    SortedAscending,
    /// Subtracts each point of the Jaccard curve from the one before.
    DifferencesBackwards,
    /// Leaves the first point of the Jaccard curve out.
    FirstDifferenceDropped,
    /// Subtracts neighbouring Jaccard losses in floats.
    DifferencesOfCurve,
    /// Takes errors below 0 for 0.
    NegativeErrorsDropped,
    /// Takes 1 + xs for the margin.
    MarginSign,
    /// Takes the labels 0 and 1 for the signs −1 and 1.
    LabelsAsSigns,
    /// Keeps the negative errors.
    WithoutRelu,
    /// Cuts off the sum at 0, not the errors.
    ReluOutside,
    /// Takes elu(e) + 1 for max(e, 0).
    EluForRelu,
    /// Gives pixels beyond the margin a slope.
    GradientInsideMargin,
    /// Counts images without a pixel in the mean.
    VoidImagesCounted,
    /// Leaves absent classes out although all are asked for.
    AbsentClassesDropped,
    /// Divides the sum over some classes by the number of all.
    MeanOverAllClasses,
    /// Sorts class indices where the foreground is meant.
    ClassesSorted,
    /// Takes the images of a batch apart.
    ImagesApart,
    /// Gives the gradient by the errors.
    GradientOfErrors,
    /// Takes a softmax of probabilities.
    SoftmaxTwice,
}
