package lid_test

import (
	"fmt"

	"github.com/seed-83c59573/quern/clean/lid"
)

func ExampleNew() {
	id, err := lid.New([]string{"en", "zh"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(id.Identify([]byte("人人生而自由，在尊严和权利上一律平等。")))
	fmt.Println(id.Identify([]byte("Все люди рождаются свободными и равными.")))
	// Output:
	// zh 1
	// und-Cyrl 1
}
