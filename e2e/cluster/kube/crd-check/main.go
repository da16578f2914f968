// Command crd-check holds a CustomResourceDefinition against the API server's own code, without an API server: the definition
// itself (structure, CEL syntax and cost), every example for and against a rule, and the samples.
//
//	crd-check CRD.yaml RULES.json SAMPLE.yaml...
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	definitions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

// example is one entry of RULES.json. From, Accept and Reject are laid over a spec that is in order; "name" is the resource's.
type example struct {
	Rule   string `json:"rule"`
	From   object `json:"from"`
	Accept object `json:"accept"`
	Reject object `json:"reject"`
}

type checker struct {
	kind    string
	schema  *structural.Structural
	openapi validation.SchemaValidator
	cel     *cel.Validator
}

var failures int

func report(ok bool, what, why string) {
	if ok {
		fmt.Println("ok    ", what)
		return
	}
	failures++
	fmt.Println("FAILED", what+":", why)
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: crd-check CRD.yaml RULES.json SAMPLE.yaml...")
		os.Exit(2)
	}
	check := load(os.Args[1])
	for _, one := range examples(os.Args[2]) {
		check.example(one)
	}
	for _, path := range os.Args[3:] {
		check.sample(path)
	}
	if failures > 0 {
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "crd-check:", err)
		os.Exit(2)
	}
	return value
}

func load(path string) *checker {
	var v1 apiextensionsv1.CustomResourceDefinition
	must(0, yaml.UnmarshalStrict(must(os.ReadFile(path)), &v1))
	apiextensionsv1.SetDefaults_CustomResourceDefinition(&v1)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&v1.Spec)
	var crd apiextensions.CustomResourceDefinition
	must(0, apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&v1, &crd, nil))
	crd.Status.StoredVersions = []string{v1.Spec.Versions[0].Name}
	errs := definitions.ValidateCustomResourceDefinition(context.Background(), &crd)
	report(len(errs) == 0, "the definition", text(errs))
	// With a single version the conversion moves its schema up.
	props := crd.Spec.Validation
	if props == nil {
		props = crd.Spec.Versions[0].Schema
	}
	schema := must(structural.NewStructural(props.OpenAPIV3Schema))
	validator, _, err := validation.NewSchemaValidator(props.OpenAPIV3Schema)
	must(0, err)
	return &checker{
		kind:    crd.Spec.Names.Kind,
		schema:  schema,
		openapi: validator,
		cel:     cel.NewValidator(schema, true, celconfig.PerCallLimit),
	}
}

func examples(path string) []example {
	var all []example
	decoder := json.NewDecoder(bytes.NewReader(must(os.ReadFile(path))))
	decoder.DisallowUnknownFields()
	must(0, decoder.Decode(&all))
	return all
}

func (c *checker) example(one example) {
	var old object
	if one.From != nil {
		old = resource(one.From)
		errs := c.validate(old, nil)
		report(len(errs) == 0, one.Rule+": what it begins from", text(errs))
	}
	accepted := c.validate(resource(one.Accept), old)
	report(len(accepted) == 0, one.Rule+": accepts", text(accepted))
	rejected := c.validate(resource(one.Reject), old)
	report(len(rejected) > 0, one.Rule+": rejects", "it was accepted")
	for _, err := range rejected {
		fmt.Println("          ", err.Error())
	}
}

func (c *checker) sample(path string) {
	for _, document := range bytes.Split(must(os.ReadFile(path)), []byte("\n---\n")) {
		var found object
		must(0, yaml.Unmarshal(document, &found))
		if found["kind"] != c.kind {
			continue
		}
		before := must(json.Marshal(found))
		errs := c.validate(found, nil)
		report(len(errs) == 0, path, text(errs))
		pruned := pruning.PruneWithOptions(must(decode(before)), c.schema, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
		report(len(pruned) == 0, path+": every field is known", strings.Join(pruned, ", "))
	}
}

// validate fills in defaults, in place, and gives every complaint.
func (c *checker) validate(found, old object) field.ErrorList {
	defaulting.Default(found, c.schema)
	errs := validation.ValidateCustomResource(nil, found, c.openapi)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.schema, found)...)
	var before any
	if old != nil {
		before = old
	}
	rules, _ := c.cel.Validate(context.Background(), nil, c.schema, found, before, celconfig.RuntimeCELCostBudget)
	return append(errs, rules...)
}

// resource lays a patch over a spec that is in order.
func resource(patch object) object {
	name := "orders"
	spec := object{"objectStore": object{"s3": object{"bucket": "orders", "region": "eu-central-1"}}}
	for key, value := range patch {
		if key == "name" {
			name = value.(string)
			continue
		}
		spec[key] = value
	}
	// Deep copy, and numbers as the API server has them.
	whole := must(json.Marshal(object{
		"apiVersion": "chronik.stream/v1alpha1",
		"kind":       "ChronikCluster",
		"metadata":   object{"name": name, "namespace": "default"},
		"spec":       spec,
	}))
	return must(decode(whole))
}

func decode(whole []byte) (object, error) {
	var copied object
	decoder := json.NewDecoder(bytes.NewReader(whole))
	decoder.UseNumber()
	if err := decoder.Decode(&copied); err != nil {
		return nil, err
	}
	return numbers(copied).(object), nil
}

func numbers(value any) any {
	switch typed := value.(type) {
	case object:
		for key, item := range typed {
			typed[key] = numbers(item)
		}
	case []any:
		for index, item := range typed {
			typed[index] = numbers(item)
		}
	case json.Number:
		if whole, err := typed.Int64(); err == nil {
			return whole
		}
		fraction, _ := typed.Float64()
		return fraction
	}
	return value
}

func text(errs field.ErrorList) string {
	if len(errs) == 0 {
		return ""
	}
	return errs.ToAggregate().Error()
}
