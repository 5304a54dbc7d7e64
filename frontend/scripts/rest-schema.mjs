/** A JSON Schema of the REST types that the app uses, taken from the OpenAPI document. */

const REF = '#/components/schemas/';

/** The place of each type in the API: an operation, its response or body, and a path into it. */
const TYPES = {
  UserProfile: ['get /api/auth/me/ response'],
  ProfileUpdate: ['patch /api/auth/me/ body'],
  Registration: ['post /api/auth/register/ body'],
  GuestUpgrade: ['post /api/auth/upgrade/ body'],
  Device: ['get /api/auth/sessions/ response', 'results', 'items'],

  Token: ['get /api/tokens/ response', 'results', 'items'],
  TokenRequest: ['post /api/tokens/ body'],
  CreatedToken: ['post /api/tokens/ response'],
  Scope: ['post /api/tokens/ response', 'scope'],

  ListPage: ['get /api/shopping-lists/ response'],
  ListResponse: ['get /api/shopping-lists/ response', 'results', 'items'],
  Role: ['get /api/shopping-lists/ response', 'results', 'items', 'role'],

  Invite: ['get /api/shopping-lists/{list_id}/invites/ response', 'items'],
  InvitedRole: ['post /api/shopping-lists/{list_id}/invites/ body', 'role'],
  InviteRequest: ['post /api/shopping-lists/{list_id}/invites/ body'],
  CreatedInvite: ['post /api/shopping-lists/{list_id}/invites/ response'],
  InvitePreview: ['post /api/invites/preview/ response'],
  AcceptedInvite: ['post /api/invites/accept/ response'],

  ActivityPage: ['get /api/shopping-lists/{list_id}/activities/ response', 'oneOf 0'],
  Activity: ['post /api/shopping-lists/{list_id}/activities/{version}/undo/ response'],
  Verb: ['post /api/shopping-lists/{list_id}/activities/{version}/undo/ response', 'verb'],
  Actor: [
    'post /api/shopping-lists/{list_id}/activities/{version}/undo/ response',
    'actor',
    'oneOf 0',
  ],
  ChangedRow: [
    'post /api/shopping-lists/{list_id}/activities/{version}/undo/ response',
    'changes',
    'items',
  ],

  ChangeCounts: ['get /api/shopping-lists/{list_id}/activities/counts/ response'],

  ImportRequest: ['post /api/shopping-lists/{list_id}/import/ body'],
  FileFormat: ['post /api/shopping-lists/{list_id}/import/ body', 'format'],
  ImportResult: ['post /api/shopping-lists/{list_id}/import/ response'],
  ImportedLine: ['post /api/shopping-lists/{list_id}/import/ response', 'results', 'items'],
  ListsImportResult: ['post /api/import/ response'],

  PageFailure: ['post /api/page-failures/ body'],

  Suggestions: ['get /api/suggestions/ response'],
  ForgottenNames: ['get /api/suggestions/forget/ response'],

  ConnectionAnswer: ['get /api/live/connection/ response'],
  Received: ['get /api/live/connection/ response', 'received'],
  AlertTestResponse: ['post /api/live/alerts/test/ response'],
};

export function restSchema(document) {
  const components = document.components.schemas;
  const names = new Map(
    Object.entries(TYPES).map(([name, place]) => [componentAt(document, place), name]),
  );
  const rename = (component) => names.get(component) ?? component;
  const used = new Set();
  for (const component of names.keys()) collectComponents(components, component, used);
  const $defs = {};
  for (const component of used) {
    const name = rename(component);
    if (name in $defs) throw new Error(`Two components are called ${name}: choose another name.`);
    $defs[name] = toDefinition(components[component], rename);
  }
  const properties = Object.keys(TYPES).map((name) => [name, { $ref: `#/$defs/${name}` }]);
  return { title: 'RestTypes', type: 'object', properties: Object.fromEntries(properties), $defs };
}

/** The name of the component that describes a place in the API. */
function componentAt(document, [place, ...path]) {
  const [method, address, part] = place.split(' ');
  const operation = document.paths[address][method];
  const { content } =
    part === 'body'
      ? operation.requestBody
      : Object.entries(operation.responses).find(([status]) => status.startsWith('2'))[1];
  let schema = content['application/json'].schema;
  for (const key of path) {
    schema = step(resolve(document, schema), key);
  }
  return nameOf(schema);
}

/** The schema of array items, of a variant such as `oneOf 0`, or of a property. */
function step(schema, key) {
  const [, variant] = /^oneOf (\d+)$/.exec(key) ?? [];
  if (variant !== undefined) return schema.oneOf[variant];
  return key === 'items' ? schema.items : schema.properties[key];
}

function resolve(document, schema) {
  return '$ref' in schema ? document.components.schemas[nameOf(schema)] : schema;
}

function nameOf({ $ref }) {
  return $ref.slice(REF.length);
}

/** Add a component and all components that it refers to. */
function collectComponents(components, component, used) {
  if (used.has(component)) return;
  used.add(component);
  JSON.stringify(components[component], (key, value) => {
    if (key === '$ref') collectComponents(components, value.slice(REF.length), used);
    return value;
  });
}

/** A component, with references to the renamed definitions, and described by its own text only. */
function toDefinition(component, rename) {
  const { enum: values, description } = component;
  const schema = JSON.parse(
    JSON.stringify(component, (key, value) => {
      if (key === '$ref') return `#/$defs/${rename(value.slice(REF.length))}`;
      // Titles would become types of their own. Descriptions of fields are help texts for forms.
      const isText = (key === 'title' || key === 'description') && typeof value === 'string';
      return isText ? undefined : value;
    }),
  );
  return values || !description ? schema : { ...schema, description };
}
