package extract

import "strings"

// algorithmic writes the words of algorithms, each statement on a line. In algorithm2e \For takes its body as an argument.
func (t *latexWriter) algorithmic(name string) {
	folded := strings.ToLower(name)
	switch name {
	case "State", "Statex", "STATE", "EndFor", "EndIf", "EndWhile", "ENDFOR", "ENDIF", "ENDWHILE", "EndProcedure", "EndFunction", "BState",
		"EndLoop", "ENDLOOP", ";", "EndCase", "EndSwitch":
		t.endLine()
	case "Require", "Ensure", "Procedure", "Function", "REQUIRE", "ENSURE", "Input", "Output", "KwIn", "KwOut", "KwData", "KwResult", "KwRet",
		"Return", "RETURN", "INPUT", "OUTPUT", "Print", "PRINT", "Repeat", "REPEAT", "Until", "UNTIL", "Loop", "LOOP":
		t.endLine()
		t.text(strings.TrimPrefix(folded, "kw") + " ")
		if name == "Procedure" || name == "Function" {
			t.writeInline(t.argument() + "(" + t.argument() + ")")
			t.endLine()
		} else if t.peek() == '{' && t.algorithm == 'b' {
			t.writeInline(t.argument())
			if name == "Repeat" {
				t.endLine()
				t.write(t.argument())
			}
			t.endLine()
		}
	case "If", "ElsIf", "For", "While", "Else", "ForAll", "uIf", "eIf", "ElseIf", "uElseIf", "uElse", "lIf", "lElse", "lFor", "ForEach", "lForEach", "Switch",
		"Case", "uCase", "Other", "IF", "ELSIF", "FOR", "WHILE", "ELSE", "FORALL", "lWhile":
		t.endLine()
		t.text(strings.ToLower(strings.TrimLeft(name, "ule")) + " ")
		if name == "eIf" || t.algorithm == 'b' && t.peek() == '{' {
			t.blocks(name)
		}
	case "Comment", "COMMENT", "tcp", "tcc", "tcp*", "tcc*", "LineComment", "Statey":
		t.star()
		t.text(" // ")
		if s, ok := t.optional(); ok && s == "" {
			return
		}
		if t.peek() == '{' {
			t.writeInline(t.argument())
		}
	case "AxiomC", "UnaryInfC", "BinaryInfC", "TrinaryInfC", "QuaternaryInfC", "Axiom", "UnaryInf", "BinaryInf", "TrinaryInf", "DisplayProof":
		t.endLine()
	}
}

// blocks writes the condition and the bodies that algorithm2e takes as arguments.
func (t *latexWriter) blocks(name string) {
	if name != "Else" && name != "uElse" && name != "lElse" && name != "Other" {
		t.writeInline(t.argument())
		t.endLine()
	}
	t.write(t.argument())
	t.endLine()
	if name == "eIf" {
		t.text("else ")
		t.endLine()
		t.write(t.argument())
		t.endLine()
	}
}
