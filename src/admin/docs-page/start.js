// Runs in the browser, on the page at /_/docs.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  docExpansion: 'list',
  tagsSorter: 'alpha',
  // The answer would come from the servers of Swagger.
  validatorUrl: null,
});
