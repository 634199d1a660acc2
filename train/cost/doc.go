// Package cost tells what training takes before it is paid: in come the shape of a model, a kind of training and a device; out come
// parameters, memory, operations, hours and money. Operations are counted here, for forecasts and logs alike. Nothing is measured, and
// nothing runs.
package cost
