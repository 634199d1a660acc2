package pretrained

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/train/format"
	"github.com/seed-83c59573/quern/train/model"
)

// The files of a folder of peft.
const (
	adapterConfig  = "adapter_config.json"
	adapterWeights = "adapter_model.safetensors"
)

// parseAdapter reads an adapter_config.json. What it asks for that is not computed here is refused with the field's name.
func parseAdapter(b []byte) (a model.Adapter, err error) {
	f, err := parseFields(adapterConfig, b)
	if err != nil {
		return a, err
	}
	if kind := f.text("peft_type", "LORA"); kind != "LORA" {
		f.bad("peft_type", "is %q, want LORA", kind)
	}
	if task := f.text("task_type", "CAUSAL_LM"); task != "CAUSAL_LM" && task != "SEQ_CLS" {
		f.bad("task_type", "is %q, want CAUSAL_LM or SEQ_CLS", task)
	}
	a.Rank = f.must("r")
	a.Alpha = f.number("lora_alpha", 8)
	a.Stable, a.DoRA = f.flag("use_rslora", false), f.flag("use_dora", false)
	a.Targets = f.targets()
	a.Save = f.texts("modules_to_save")
	for _, key := range []string{"rank_pattern", "alpha_pattern"} {
		if o := f.object(key); o != nil && len(o.raw) > 0 {
			f.bad(key, "gives %d modules a rank or an alpha of their own: all have to have one", len(o.raw))
		}
	}
	for _, key := range []string{"layers_to_transform", "layers_pattern", "layer_replication", "megatron_config", "loftq_config", "eva_config", "corda_config",
		"trainable_token_indices", "exclude_modules", "target_parameters", "arrow_config", "alora_invocation_tokens", "kasa_config", "lora_ga_config", "monteclora_config", "velora_config", "use_bdlora"} {
		if o := strings.TrimSpace(string(f.raw[key])); f.has(key) && o != "{}" && o != "[]" && o != "false" {
			f.bad(key, "is %s, which is not computed here", f.show(key))
		}
	}
	if init := string(f.raw["init_lora_weights"]); strings.Contains(init, "pissa") || strings.Contains(init, "olora") || strings.Contains(init, "corda") || strings.Contains(init, "loftq") {
		f.bad("init_lora_weights", "is %s, which changes the model below the adapter: let peft convert it to a plain one", init)
	}
	f.only("bias", "none")
	f.only("lora_bias", false)
	f.only("use_qalora", false)
	return a, f.err()
}

// targets are names of modules; peft allows a pattern, too.
func (f *fields) targets() []string {
	raw := strings.TrimSpace(string(f.raw["target_modules"]))
	if !strings.HasPrefix(raw, `"`) {
		return f.texts("target_modules")
	}
	one := f.text("target_modules", "")
	if one != model.AllLinear {
		f.bad("target_modules", "is the pattern %q, want a list of names or %q", one, model.AllLinear)
	}
	return []string{one}
}

// LoadAdapter gives a model the adapter of a folder of peft. All tensors that are missing, too many or of another shape are named.
func LoadAdapter(dir quern.Dir, m *model.Model) error {
	b, err := quern.ReadBlob(dir, adapterConfig)
	if err != nil {
		return err
	}
	a, err := parseAdapter(b)
	if err != nil {
		return err
	}
	if err := m.Adapt(a, 0); err != nil {
		return fmt.Errorf("%s: %w", adapterConfig, err)
	}
	if err := ReadTensors(dir, adapterWeights, adapterTensors(m)); err != nil {
		return err
	}
	for _, t := range adapterTensors(m) {
		if i := notFinite(t.Data); i >= 0 {
			return fmt.Errorf("%s: tensor %s: number %d is %v: the weights are damaged", adapterWeights, t.Name, i, t.Data[i])
		}
	}
	m.UseAdapter(true) // which brings up to date what is derived from the weights
	return nil
}

// adapterTensors are the adapter's own weights and those of modules that are trained whole, under peft's names.
func adapterTensors(m *model.Model) (out []format.Tensor) {
	add := func(name string, p model.Param) {
		out = append(out, format.Tensor{Name: name, Shape: p.Shape, Data: p.W})
	}
	own := map[string]bool{}
	for _, p := range m.AdapterParams() {
		own[p.Name] = true
		add(p.Name, p)
	}
	for _, p := range m.Trainable() {
		if own[p.Name] {
			continue
		}
		name := p.Name
		if m.Config().Arch == model.GPT2 && name != "lm_head.weight" && name != "score.weight" {
			name = "transformer." + name
		}
		add("base_model.model."+name, p)
	}
	return out
}

// SaveAdapter writes the adapter of a model as peft loads it. base is what it was trained on top of, for people and for peft to find it.
func SaveAdapter(dir quern.Dir, m *model.Model, base string) ([]quern.BlobInfo, error) {
	a, ok := m.Adapter()
	if !ok {
		return nil, errors.New("the model has no adapter")
	}
	w := writer{dir: dir}
	err := w.stream(adapterWeights, func(out io.Writer) error {
		return format.WriteAs(out, format.F32, adapterTensors(m), map[string]string{"format": "pt"})
	})
	if err != nil {
		return nil, err
	}
	c := m.Config()
	var o object
	o.add("peft_type", "LORA")
	o.add("task_type", taskOf(c))
	o.add("base_model_name_or_path", base)
	o.add("r", a.Rank)
	o.add("lora_alpha", a.Alpha)
	o.add("lora_dropout", real(0))
	if slices.Equal(a.Targets, []string{model.AllLinear}) {
		o.add("target_modules", model.AllLinear)
	} else {
		o.add("target_modules", a.Targets)
	}
	o.add("modules_to_save", saved(a, c))
	o.add("use_rslora", a.Stable)
	o.add("use_dora", a.DoRA)
	o.add("fan_in_fan_out", c.Arch == model.GPT2)
	o.add("bias", "none")
	o.add("rank_pattern", object{})
	o.add("alpha_pattern", object{})
	o.add("init_lora_weights", true)
	o.add("inference_mode", true)
	b, err := pretty(o)
	if err != nil {
		return nil, err
	}
	return w.blobs, w.blob(adapterConfig, b)
}

func taskOf(c model.Config) string {
	if c.Scores > 0 {
		return "SEQ_CLS"
	}
	return "CAUSAL_LM"
}

// saved names the modules that are trained whole; null if there are none.
func saved(a model.Adapter, c model.Config) any {
	save := slices.Clone(a.Save)
	if c.Scores > 0 && !slices.Contains(save, "score") {
		save = append(save, "score")
	}
	if len(save) == 0 {
		return nil
	}
	return save
}
