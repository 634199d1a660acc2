// Package eval measures a language model: bits per byte of any text by domain, minimal pairs, multiple choice by log-likelihood,
// questions with an exact answer, programs that pass their tests. A task is a file of rows in the shape that its set is published in;
// what comes out are figures with their standard errors and numbers of rows, and a few rows to look at.
//
// Rows go through the model together; figures do not depend on how many, nor on the number of workers. Prompts, splits of tokens and
// metrics are those of EleutherAI's lm-evaluation-harness, so that its figures are ours. No code of a model runs unless it is asked
// for, and then only where it can be confined.
package eval
