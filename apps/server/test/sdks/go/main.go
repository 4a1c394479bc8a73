// Sends events with the SDK of CloudEvents for Go. Reads the orders from stdin, and writes the result of each to stdout.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

type order struct {
	Mode, Key string
	Event     struct {
		Type, Source, ID, Subject string
		Data                      map[string]any
	}
}

var given struct {
	URL, Token, Bootstrap, Topic string
	Orders                       []order
}

func main() {
	must(json.NewDecoder(os.Stdin).Decode(&given))
	overHTTP, err := cloudevents.NewClientHTTP(
		cloudevents.WithTarget(given.URL), cehttp.WithHeader("authorization", "Bearer "+given.Token))
	must(err)
	config := sarama.NewConfig()
	config.Version = sarama.V2_0_0_0
	sender, err := kafka_sarama.NewSender([]string{given.Bootstrap}, config, given.Topic)
	must(err)
	overKafka, err := cloudevents.NewClient(sender, cloudevents.WithTimeNow(), cloudevents.WithUUIDs())
	must(err)
	results := []string{}
	for _, order := range given.Orders {
		event := cloudevents.NewEvent()
		event.SetType(order.Event.Type)
		event.SetSource(order.Event.Source)
		event.SetID(order.Event.ID)
		event.SetSubject(order.Event.Subject)
		must(event.SetData(cloudevents.ApplicationJSON, order.Event.Data))
		ctx := context.Background()
		keyed := kafka_sarama.WithMessageKey(ctx, sarama.StringEncoder(order.Key))
		switch order.Mode {
		case "HTTP binary":
			results = append(results, sent(overHTTP.Send(ctx, event)))
		case "HTTP structured":
			results = append(results, sent(overHTTP.Send(cloudevents.WithEncodingStructured(ctx), event)))
		case "HTTP batch":
			results = append(results, postBatch(ctx, event))
		case "Kafka binary":
			results = append(results, sent(overKafka.Send(keyed, event)))
		case "Kafka structured":
			results = append(results, sent(overKafka.Send(cloudevents.WithEncodingStructured(keyed), event)))
		default:
			results = append(results, "unknown mode "+order.Mode)
		}
	}
	must(sender.Close(context.Background()))
	must(json.NewEncoder(os.Stdout).Encode(results))
}

func sent(result error) string {
	if cloudevents.IsACK(result) {
		return "sent"
	}
	return fmt.Sprint(result)
}

func postBatch(ctx context.Context, event cloudevents.Event) string {
	request, err := cehttp.NewHTTPRequestFromEvents(ctx, given.URL, []cloudevents.Event{event})
	must(err)
	request.Header.Set("authorization", "Bearer "+given.Token)
	response, err := http.DefaultClient.Do(request)
	must(err)
	defer response.Body.Close()
	if response.StatusCode == http.StatusAccepted {
		return "sent"
	}
	answer, err := io.ReadAll(response.Body)
	must(err)
	return string(answer)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
