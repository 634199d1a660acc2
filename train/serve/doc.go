// Package serve answers the HTTP requests that OpenAI's API made common: completions, with echo and log-probabilities as evaluation
// tools ask for them, chat completions, both streamed if wanted, and what a tokenizer is asked. All requests share one engine: those
// that come while others run join them in the next step.
//
// What never happens here: an answer never depends on the requests beside it. Nothing is written to disk, nothing is fetched, and no
// request costs more than its limits: bytes of its body, sequences that wait, time.
package serve
