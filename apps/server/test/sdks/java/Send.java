import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends events with the SDK of CloudEvents for Java. Reads the orders from stdin, and writes the result of each to stdout. */
class Send {
    static final ObjectMapper json = new ObjectMapper();
    static JsonNode given;

    public static void main(String[] args) throws Exception {
        given = json.readTree(System.in);
        var binary = producer(Map.of());
        var structured = producer(Map.of(
            CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
            CloudEventSerializer.EVENT_FORMAT_CONFIG, JsonFormat.CONTENT_TYPE));
        var results = json.createArrayNode();
        for (JsonNode order : given.get("orders")) {
            String mode = order.get("mode").asText();
            CloudEvent event = event(order.get("event"), mode.endsWith(" of bytes"));
            mode = mode.replace(" of bytes", "");
            try {
                if (mode.startsWith("Kafka")) {
                    var producer = mode.equals("Kafka binary") ? binary : structured;
                    producer.send(new ProducerRecord<>(given.get("topic").asText(), order.get("key").asText(), event)).get();
                    results.add("sent");
                } else results.add(mode.endsWith("by HttpClient") ? postByHttpClient(mode, event) : post(mode, event));
            } catch (Exception error) {
                results.add(error.toString());
            }
        }
        binary.close();
        structured.close();
        System.out.write(json.writeValueAsBytes(results));
        System.out.flush();
    }

    static CloudEvent event(JsonNode given, boolean hasBytes) throws IOException {
        byte[] data = json.writeValueAsBytes(given.get("data"));
        var builder = CloudEventBuilder.v1()
            .withId(given.get("id").asText())
            .withSource(URI.create(given.get("source").asText()))
            .withType(given.get("type").asText())
            .withSubject(given.get("subject").asText())
            .withTime(OffsetDateTime.now());
        return (hasBytes ? builder.withData(data) : builder.withData("application/json", data)).build();
    }

    static KafkaProducer<String, CloudEvent> producer(Map<String, Object> more) {
        var config = new HashMap<>(more);
        config.put("bootstrap.servers", given.get("bootstrap").asText());
        config.put("key.serializer", StringSerializer.class);
        config.put("value.serializer", CloudEventSerializer.class);
        return new KafkaProducer<>(config);
    }

    /** As the documentation of the SDK has it. */
    static String post(String mode, CloudEvent event) throws IOException {
        var http = (HttpURLConnection) URI.create(given.get("url").asText()).toURL().openConnection();
        http.setRequestMethod("POST");
        http.setDoOutput(true);
        http.setRequestProperty("authorization", "Bearer " + given.get("token").asText());
        var writer = HttpMessageFactory.createWriter(http::setRequestProperty, body -> write(http, body));
        if (mode.equals("HTTP binary")) writer.writeBinary(event);
        else if (mode.equals("HTTP structured")) writer.writeStructured(event, new JsonFormat());
        else if (mode.equals("HTTP batch")) {
            http.setRequestProperty("content-type", "application/cloudevents-batch+json");
            var body = new ByteArrayOutputStream();
            body.write('[');
            body.write(new JsonFormat().serialize(event));
            body.write(']');
            write(http, body.toByteArray());
        } else throw new IllegalArgumentException("unknown mode " + mode);
        if (http.getResponseCode() == 202) return "sent";
        return new String(http.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    static void write(HttpURLConnection http, byte[] body) {
        try (OutputStream out = http.getOutputStream()) {
            out.write(body);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** By the newer client, which requests HTTP/2 with its first request. */
    static String postByHttpClient(String mode, CloudEvent event) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(given.get("url").asText()))
            .header("authorization", "Bearer " + given.get("token").asText());
        var writer = HttpMessageFactory.createWriter(request::header, body -> request.POST(BodyPublishers.ofByteArray(body)));
        if (mode.startsWith("HTTP binary")) writer.writeBinary(event);
        else writer.writeStructured(event, new JsonFormat());
        var response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
        return response.statusCode() == 202 ? "sent" : response.body();
    }
}
