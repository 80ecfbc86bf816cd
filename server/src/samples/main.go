package main

import (
	"context"
	"encoding/json"
)

// Handler greets whoever is named in the event.
func Handler(ctx context.Context, event json.RawMessage) (any, error) {
	var input struct{ Name string }
	if err := json.Unmarshal(event, &input); err != nil || input.Name == "" {
		input.Name = "world"
	}
	return map[string]string{"message": "Hello, " + input.Name + "!"}, nil
}
