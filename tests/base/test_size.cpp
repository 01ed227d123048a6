#include "base/size.h"
#include "support/catch.h"

using namespace holdfast;

TEST_CASE("size: bytes are told in the unit that leaves few digits") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(431882240) == "412 MiB");
  CHECK(format_bytes(2147483648) == "2 GiB");
}
