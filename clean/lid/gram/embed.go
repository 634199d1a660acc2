package gram

import (
	_ "embed" // the models
	"sync"
)

//go:generate sh -c "go run gen/main.go gen/tables.go gen/train.go"

//go:embed models.bin
var file []byte

var models = sync.OnceValue(func() []*Model {
	m, err := Decode(file)
	if err != nil || len(m) != int(Scripts) {
		panic("gram: the embedded models are broken")
	}
	return m
})

// Of gives the model of a script. Nothing is copied: the tables lie in the program.
func Of(s Script) *Model { return models()[s] }
