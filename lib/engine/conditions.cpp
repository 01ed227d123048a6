#include "engine/conditions.h"

namespace holdfast::engine {

Status Conditions::open() {
  if (auto read = volumes_.open(); !read) return read;
  return mounts_.open();
}

void Conditions::respecified() {
  volumes_.respecified();
  host_.look();
}

std::string Conditions::refusal(ServiceId service) const {
  std::string why = volumes_.refusal(service);
  return why.empty() ? host_.refusal(service) : why;
}

void Conditions::look() {
  volumes_.mounts_changed();
  host_.look();
}

} // namespace holdfast::engine
