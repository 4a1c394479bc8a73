import type { preValidationAsyncHookHandler } from 'fastify'

/** Whoever has nothing to say sends no body. */
export const noBodyIsEmpty: preValidationAsyncHookHandler = async (request) => {
  request.body ??= {}
}
