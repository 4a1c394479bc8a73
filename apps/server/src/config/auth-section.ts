import Type from 'typebox'
import { list, text } from './fields.ts'
import { SECRET_LENGTH } from './is-weak-secret.ts'

const Secret = text('a secret', {
  minLength: SECRET_LENGTH,
  description: `a secret of at least ${SECRET_LENGTH} characters`,
})

/** The section `auth`. */
export const Auth = Type.Object({
  secret: Type.Optional(Secret),
  secrets: Type.Optional(
    list(Secret, 'the newest first; two at once while they are changed', {
      minItems: 1,
      maxItems: 2,
      description: `one or two secrets of at least ${SECRET_LENGTH} characters`,
    }),
  ),
  public_key_file: Type.Optional(
    text('the public key of the service that signs tokens', {
      description: 'a PEM file with one public key or certificate',
    }),
  ),
  jwks_url: Type.Optional(
    text(
      'the JSON Web Key Set of the service that signs tokens; fetched when it is needed, and again for a key that is not known',
      {
        // Names and passwords in an address would end in logs.
        pattern: '^https?://[^/?#@\\\\\\s]+([/?#]\\S*)?$',
        description: 'an address without a user, such as https://login.example.com/.well-known/jwks.json',
      },
    ),
  ),
  issuer: Type.Optional(text('the value that the claim iss must have')),
  audience: Type.Optional(text('a value that the claim aud must contain')),
  person_claim: text(
    'the claim that names the person, as a text or as a whole number: the claim of exactly this name, else dots lead into a claim that has claims',
    { default: 'sub' },
  ),
  scope_claim: text(
    'the claim of the scopes, found likewise: a text that separates them by spaces, or a list of texts',
    { default: 'scope' },
  ),
})
