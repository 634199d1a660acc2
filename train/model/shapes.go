package model

// Shape is the name and the shape of a parameter.
type Shape struct {
	Name  string
	Shape []int
}

// Shapes lists the parameters that a model of this configuration has, in the order of Params, without making it.
func (c Config) Shapes() []Shape {
	var out []Shape
	for _, s := range specs(c.resolved()) {
		out = append(out, Shape{s.name, s.shape})
	}
	return out
}
