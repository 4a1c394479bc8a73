# Sends events with the SDK of CloudEvents for Python. Reads the orders from stdin, and writes the result of each to stdout.
import json
import sys

import requests
from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import conversion
from cloudevents.v1 import kafka as kafka_v1
from cloudevents.v1.http import CloudEvent as CloudEventV1
from kafka import KafkaProducer

given = json.load(sys.stdin)
producer = KafkaProducer(bootstrap_servers=given["bootstrap"])


def post(headers, body):
    headers = {**headers, "authorization": "Bearer " + given["token"]}
    response = requests.post(given["url"], data=body, headers=headers)
    return "sent" if response.ok else response.text


def produce(message):
    headers = list(message.headers.items())
    producer.send(given["topic"], key=message.key.encode(), value=message.value, headers=headers).get()
    return "sent"


def send(mode, key, attributes, data):
    # The API of version 2.
    if mode.startswith("HTTP"):
        event = CloudEvent(attributes, data)
        if mode == "HTTP batch":
            body = b"[" + JSONFormat().write(event) + b"]"
            return post({"content-type": "application/cloudevents-batch+json"}, body)
        to_message = http.to_binary_event if mode == "HTTP binary" else http.to_structured_event
        message = to_message(event)
        return post(message.headers, message.body)
    if mode.startswith("Kafka"):
        event = CloudEvent({**attributes, "partitionkey": key}, data)
        to_message = kafka.to_binary_event if mode == "Kafka binary" else kafka.to_structured_event
        return produce(to_message(event))
    # The API of version 1, which version 2 still has.
    if mode == "version 1, HTTP binary":
        return post(*conversion.to_binary(CloudEventV1(attributes, data)))
    if mode == "version 1, HTTP structured":
        return post(*conversion.to_structured(CloudEventV1(attributes, data)))
    attributes["partitionkey"] = key
    if mode == "version 1, Kafka binary":
        # It cannot do without this attribute.
        return produce(kafka_v1.to_binary(CloudEventV1({**attributes, "datacontenttype": "application/json"}, data)))
    if mode == "version 1, Kafka structured":
        return produce(kafka_v1.to_structured(CloudEventV1(attributes, data)))
    if mode == "version 1, Kafka structured with a type":
        # It writes the type of the data into the header, and the whole event into the value.
        return produce(kafka_v1.to_structured(CloudEventV1({**attributes, "datacontenttype": "application/json"}, data)))
    return "unknown mode " + mode


results = []
for order in given["orders"]:
    attributes = dict(order["event"])
    data = attributes.pop("data")
    mode = order["mode"]
    if mode.endswith(" of bytes"):
        mode = mode.removesuffix(" of bytes")
        data = json.dumps(data).encode()
    try:
        results.append(send(mode, order["key"], attributes, data))
    except Exception as error:
        results.append(repr(error))
json.dump(results, sys.stdout)
