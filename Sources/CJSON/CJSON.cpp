// SPDX-License-Identifier: Apache-2.0
#include "CJSON.h"
#include <simdjson.h>
