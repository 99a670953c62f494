"use strict";

SwaggerUIBundle({
  url: "v2/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  // The validator is a service on the internet.
  validatorUrl: null,
});
