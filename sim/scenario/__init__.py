"""A YAML file becomes a frozen scenario: schema, units, positions, extends, origins, errors."""
