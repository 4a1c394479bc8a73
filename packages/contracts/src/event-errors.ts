import { defineErrors } from './errors.ts'

/** Every error of the contracts: code → sentence and remedy. */
export const eventErrors = defineErrors({
  EVENT_INVALID: {
    says: '{type}: {problems}',
    remedy: 'Correct the fields that are named: each is listed with what was found and what was expected.',
  },
  EVENT_NOT_JSON: {
    says: 'the event cannot be read: {why}',
    remedy: 'Send one JSON value in UTF-8.',
  },
  EVENT_NOT_CLOUDEVENT: {
    says: 'this is not a CloudEvent: {why}',
    remedy:
      'Send CloudEvents 1.0, either with the attributes as headers (ce-type, or ce_type in Kafka) or as application/cloudevents+json. A topic of plain JSON needs an envelope in the configuration.',
  },
  EVENT_TYPE_UNKNOWN: {
    says: '{problems}',
    remedy:
      'Send one of the types that the composed plugins listen to, or compose the plugin that listens to this one.',
  },
  BATCH_TOO_LARGE: {
    says: 'the batch has {found} events, expected at most {most}',
    remedy: 'Send several smaller batches. No event of this one was accepted.',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    says: 'the content type is {found}: {why}',
    remedy:
      'Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with the attributes as ce- headers.',
  },
})
