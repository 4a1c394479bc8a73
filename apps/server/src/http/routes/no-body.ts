import type { preValidationAsyncHookHandler } from 'fastify'

/** Reads a request without a body as one with an empty object. */
export const noBodyIsEmpty: preValidationAsyncHookHandler = async (request) => {
  request.body ??= {}
}
