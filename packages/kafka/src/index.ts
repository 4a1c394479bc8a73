export { createKafkaClient, type KafkaOptions } from './client.ts'
export { kafkaErrors } from './errors.ts'
