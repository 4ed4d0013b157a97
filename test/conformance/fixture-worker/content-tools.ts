import type { McpServer } from '@modelcontextprotocol/server';
import { fromJsonSchema } from '@modelcontextprotocol/server';
import { embeddedText, image, text, textResult, WAV_BASE64 } from './fixture-data.ts';

/** Every keyword a listing must keep: identifiers, definitions, composition and conditions. */
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** Tools with a fixed result: one for each kind of content, an error, and a schema to be listed unchanged. */
export function registerContentTools(server: McpServer): void {
  server.registerTool('test_simple_text', { description: 'One text' }, () => textResult('A simple text.'));
  server.registerTool('test_image_content', { description: 'One image' }, () => ({ content: [image] }));
  server.registerTool('test_audio_content', { description: 'One sound' }, () => ({
    content: [{ type: 'audio', data: WAV_BASE64, mimeType: 'audio/wav' }],
  }));
  server.registerTool('test_embedded_resource', { description: 'One resource' }, () => ({
    content: [embeddedText('test://embedded-resource', 'An embedded resource.')],
  }));
  server.registerTool('test_multiple_content_types', { description: 'Text, image and resource' }, () => ({
    content: [
      text('Three kinds of content.'),
      image,
      embeddedText('test://mixed-content-resource', 'A third kind.'),
    ],
  }));
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool always fails.');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Its input schema uses JSON Schema 2020-12', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    () => textResult('The input matched.'),
  );
}
